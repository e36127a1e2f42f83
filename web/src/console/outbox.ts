/*
 * What was typed and pasted, on its way to the gateway. A paste may be long:
 * it goes in pieces, the next only when the socket has sent the last, so that
 * the browser never holds more than one piece and a close is not delayed.
 */
const PIECE_BYTES = 16 * 1024;
const UNSENT_MAX = 64 * 1024;
const WAIT_MS = 20;

export const OUTBOX_MAX = 4 * 1024 * 1024;

export class Outbox {
	private readonly queue: Uint8Array[] = [];
	private held = 0;
	private timer = 0;

	constructor(private readonly socket: WebSocket) {
	}

	/* False: it does not fit, and nothing of it is sent. */
	put(data: Uint8Array): boolean {
		if (this.held + data.length > OUTBOX_MAX)
			return false;
		for (let at = 0; at < data.length; at += PIECE_BYTES)
			this.queue.push(data.slice(at, at + PIECE_BYTES));
		this.held += data.length;
		if (this.timer === 0)
			this.step();
		return true;
	}

	close(): void {
		clearTimeout(this.timer);
		this.queue.length = 0;
		this.held = 0;
	}

	private step(): void {
		this.timer = 0;
		while (this.queue[0] && this.socket.readyState === WebSocket.OPEN) {
			if (this.socket.bufferedAmount > UNSENT_MAX) {
				this.timer = window.setTimeout(() => this.step(), WAIT_MS);
				return;
			}
			const piece = this.queue.shift() as Uint8Array<ArrayBuffer>;

			this.held -= piece.length;
			this.socket.send(piece);
		}
	}
}
