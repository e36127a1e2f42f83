/*
 * The WebSocket of this document. spice-html5 opens one for each channel and
 * knows of no codes; this one asks with them, hands over whole pieces, and
 * catches what the library throws at a guest's bytes. It belongs to the one
 * session that this document lives for.
 */
import type { SpiceConn } from '@spice-project/spice-html5/src/spiceconn.js';
import { Frames } from './frames';

/* A channel; the library sets the connection right after it was made. */
export interface Channel {
	readonly socket: WebSocket;
	conn(): SpiceConn | undefined;
}

export interface SocketEvents {
	heard(): void;
	handled(channel: Channel): void; /* a piece of what came */
	closed(channel: Channel, event: CloseEvent): void;
	failed(problem: unknown): void;
}

type Listener = (this: WebSocket, event: unknown) => void;

export class Sockets {
	readonly open = new Set<WebSocket>();
	private over = false;

	constructor(protocols: string[], private readonly events: SocketEvents) {
		const all = this;
		const Plain = WebSocket;

		globalThis.WebSocket = class extends Plain {
			constructor(url: string | URL) {
				super(url, protocols);
				all.adopt(this);
			}

			override addEventListener(type: string, listener: unknown):
				void {
				super.addEventListener(type,
					all.wrap(this, type, listener as Listener));
			}
		};
	}

	/* Nothing is handled any more, and every channel is left. */
	close(): void {
		this.over = true;
		for (const socket of this.open)
			socket.close(1000);
		this.open.clear();
	}

	private channel(socket: WebSocket): Channel {
		return {
			socket,
			conn: () => (socket as { parent?: SpiceConn }).parent,
		};
	}

	/* Before the library's own listeners: its state is whole then. */
	private adopt(socket: WebSocket): void {
		this.open.add(socket);
		socket.binaryType = 'arraybuffer';
		EventTarget.prototype.addEventListener.call(socket, 'close', (e) => {
			this.open.delete(socket);
			if (!this.over)
				this.events.closed(this.channel(socket), e as CloseEvent);
		});
	}

	private attempt(act: () => void): void {
		if (this.over)
			return;
		try {
			act();
		} catch (problem) {
			this.events.failed(problem);
		}
	}

	private wrap(socket: WebSocket, type: string, listener: Listener):
		(event: Event) => void {
		if (type !== 'message') {
			return (event) => this.attempt(() =>
				listener.call(socket, event));
		}
		const channel = this.channel(socket);
		const frames = new Frames((data) => {
			if (this.over)
				return;
			listener.call(socket, { data });
			this.events.handled(channel);
		});

		return (event) => this.attempt(() => {
			const { data } = event as MessageEvent<unknown>;

			this.events.heard();
			if (data instanceof ArrayBuffer)
				frames.push(data);
		});
	}
}
