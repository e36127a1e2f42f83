/*
 * The network between a browser and the gateway: a TCP relay that a test can
 * cut and mend, and that remembers what the browser was sent.
 */
import net from 'node:net';

const REMEMBER_MAX = 32 * 1024 * 1024;

export class Wire {
	target = 0;
	#pairs = new Set();
	#pieces = [];
	#length = 0;
	#whole = true;
	#server = net.createServer((client) => this.#join(client));

	listen() {
		return new Promise((done) => this.#server.listen(0, '127.0.0.1',
			done));
	}

	get port() {
		return this.#server.address().port;
	}

	get origin() {
		return `http://127.0.0.1:${this.port}`;
	}

	/* Every byte that went to the browser so far. */
	get received() {
		return Buffer.concat(this.#pieces);
	}

	#remember(piece) {
		if (this.#length > REMEMBER_MAX)
			return;
		this.#pieces.push(piece);
		this.#length += piece.length;
	}

	#join(client) {
		if (!this.#whole) {
			client.resetAndDestroy();
			return;
		}
		const server = net.connect(this.target, '127.0.0.1');
		const pair = { client, server };

		this.#pairs.add(pair);
		server.on('data', (piece) => this.#remember(piece));
		client.pipe(server);
		server.pipe(client);
		for (const end of [client, server]) {
			end.on('error', () => {});
			end.on('close', () => {
				client.destroy();
				server.destroy();
				this.#pairs.delete(pair);
			});
		}
	}

	cut() {
		this.#whole = false;
		for (const { client } of this.#pairs)
			client.resetAndDestroy();
	}

	mend() {
		this.#whole = true;
	}

	close() {
		this.cut();
		this.#server.close();
	}
}
