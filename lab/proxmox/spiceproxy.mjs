/*
 * A node's spiceproxy: CONNECT without TLS. The Host header is the
 * credential; the request line is decoration. Silence where nothing listens.
 */
import net from 'node:net';
import { after } from './limits.mjs';

const HEAD_MAX = 16 * 1024;
const FIRST = 61000, LAST = 61999;

export class SpiceProxy {
	constructor(lab, node) {
		this.lab = lab;
		this.node = node;
		this.sockets = new Set();
		this.listeners = [];
	}

	listen(host, port) {
		const server = net.createServer((socket) => this.onSocket(socket));

		this.listeners.push(server);
		return new Promise((done, fail) => {
			server.once('error', fail);
			server.listen({ host, port },
				() => done(server.address().port));
		});
	}

	onSocket(socket) {
		const idle = after(this.lab.limits.http_idle, () => socket.destroy());
		let head = Buffer.alloc(0);

		this.sockets.add(socket);
		socket.setNoDelay(true);
		socket.on('close', () => this.sockets.delete(socket));
		socket.on('error', () => socket.destroy());
		socket.on('data', (data) => {
			head = Buffer.concat([head, data]);
			const text = head.toString('latin1');
			const end = /\r?\n\r?\n/.exec(text);

			if (!end && head.length < HEAD_MAX)
				return;
			clearTimeout(idle);
			socket.removeAllListeners('data');
			this.onHead(socket, end ? text.slice(0, end.index) : '',
				head.subarray(end ? end.index + end[0].length : 0));
		});
	}

	onHead(socket, text, early) {
		const [first, ...lines] = text.split(/\r?\n/);
		const [, method, version = '1.0'] =
			/^(\S+) +\S+ +HTTP\/(1\.[01])$/.exec(first) ?? [];
		const host = lines.map((line) => /^host\s*:\s*(\S*)/i.exec(line))
			.find(Boolean)?.[1];

		if (method !== 'CONNECT') {
			socket.end(`HTTP/${version} 501 method '${method}' not ` +
				'available\r\nConnection: close\r\n\r\n');
			return;
		}
		this.lab.count('connects.asked');
		const ticket = this.lab.tickets.readSpiceHost(host);

		if (ticket) {
			this.tunnel(socket, ticket, version, early);
			return;
		}
		this.lab.count('connects.refused');
		after(this.lab.limits.refusal, () => socket.end(
			`HTTP/${version} 401 invalid ticket\r\n` +
			'Connection: close\r\n\r\n'));
	}

	/* Any node's proxy leads to the right node. */
	tunnel(socket, { vmid, node, port }, version, early) {
		const target = [...this.lab.nodes.values()]
			.find((n) => n.name.toLowerCase() === node);

		if (!target?.isUp || port < FIRST || port > LAST) {
			socket.destroy();
			return;
		}
		const back = net.connect({ host: target.address, port });

		back.on('error', () => this.lab.count('connects.nobody_listens'));
		back.once('connect', () => {
			socket.write(`HTTP/${version} 200 OK\r\n\r\n`);
			if (early.length)
				back.write(early);
			this.join(socket, back, target, vmid, port);
		});
		socket.on('data', (data) => back.write(data));
		socket.once('close', () => back.destroy());
	}

	/* Neither side is ever held back. */
	join(socket, back, target, vmid, port) {
		this.lab.count('connects.opened');
		this.lab.count(`connects.guest.${vmid}`);
		target.useSpice(port, 1);
		back.on('data', (data) => socket.write(data));
		back.once('close', () => {
			target.useSpice(port, -1);
			socket.end();
		});
	}

	close() {
		for (const server of this.listeners)
			server.close();
		for (const socket of this.sockets)
			socket.destroy();
		this.listeners = [];
	}
}
