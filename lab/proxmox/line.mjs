/*
 * A line within the process: two ends, each with the few calls of a socket
 * that its users need (write, end, destroy; data, close). It holds nothing
 * back and never pushes back. Also the table of a node's console ports.
 */
import { EventEmitter } from 'node:events';
import { after } from './limits.mjs';

class End extends EventEmitter {
	constructor() {
		super();
		this.peer = null;
		this.isClosed = false; // destroy() was called
		this.isOver = false; // and everybody was told
		this.held = []; // what came before somebody listened
		this.on('newListener', (event) => setImmediate(
			() => this.catchUp(event)));
	}

	catchUp(event) {
		if (event === 'data') {
			for (const data of this.held.splice(0))
				this.emit('data', data);
		} else if (event === 'close' && this.isOver) {
			this.emit('close');
		}
	}

	hear(data) {
		if (this.listenerCount('data') && !this.held.length)
			this.emit('data', data);
		else
			this.held.push(data);
	}

	write(data) {
		if (!this.isClosed)
			this.peer.hear(Buffer.from(data));
		return true;
	}

	end(data) {
		if (data)
			this.write(data);
		this.destroy();
	}

	destroy() {
		if (this.isClosed)
			return;
		this.isClosed = true;
		setImmediate(() => {
			this.isOver = true;
			this.emit('close');
			this.peer.destroy();
		});
	}
}

export function makeLine() {
	const [a, b] = [new End(), new End()];

	a.peer = b;
	b.peer = a;
	return [a, b];
}

const FIRST = 5900;
const LAST = 5999;

export class Ports {
	constructor() {
		this.waiting = new Map();
	}

	/*
	 * A port that waits so long for its one connection; connect() answers
	 * the back end's line.
	 */
	open(seconds, connect) {
		for (let port = FIRST; port <= LAST; port++) {
			if (this.waiting.has(port))
				continue;
			const timer = after(seconds, () => this.waiting.delete(port));

			this.waiting.set(port, { connect, timer });
			return port;
		}
		throw new Error('unable to find free port (5900-5999)');
	}

	/* The back end behind a port, once; null when nothing listens. */
	async take(port) {
		const found = this.waiting.get(port);

		if (!found)
			return null;
		clearTimeout(found.timer);
		this.waiting.delete(port);
		return found.connect();
	}

	clear() {
		for (const { timer } of this.waiting.values())
			clearTimeout(timer);
		this.waiting.clear();
	}
}
