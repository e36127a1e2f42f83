/*
 * Cuts what comes on one SPICE channel into what the protocol says comes
 * next: the link's answer, the ticket's answer, then messages. The library
 * gets whole pieces of a bounded size, however the wire was cut.
 */
const LINK_HEADER = 16;
const LINK_MAX = 4096;
const TICKET_ANSWER = 4;
const HEADER = 6; /* of a message: type, size */

/* A picture of 4096 x 4096 dots as it is, and a little. */
export const MESSAGE_MAX = 64 * 1024 * 1024 + 4096;

type Part = 'link header' | 'link' | 'ticket' | 'header' | 'body';

export class Frames {
	private part: Part = 'link header';
	private needed = LINK_HEADER;
	private held = 0;
	private kept: Uint8Array[] = [];

	constructor(private readonly give: (piece: ArrayBuffer) => void) {
	}

	push(data: ArrayBuffer): void {
		let rest = new Uint8Array(data);

		while (rest.length > 0) {
			const taken = rest.subarray(0, this.needed - this.held);

			this.kept.push(taken);
			this.held += taken.length;
			rest = rest.subarray(taken.length);
			if (this.held === this.needed)
				this.whole();
		}
	}

	private whole(): void {
		const piece = new Uint8Array(this.held);
		let at = 0;

		for (const part of this.kept) {
			piece.set(part, at);
			at += part.length;
		}
		this.kept = [];
		this.held = 0;
		this.next(new DataView(piece.buffer));
		this.give(piece.buffer);
	}

	private next(piece: DataView): void {
		switch (this.part) {
		case 'link header':
			this.want('link', piece.getUint32(12, true), LINK_MAX);
			break;
		case 'link':
			this.want('ticket', TICKET_ANSWER, TICKET_ANSWER);
			break;
		case 'header':
			/* one without a body is whole by now */
			if (piece.getUint32(2, true) > 0) {
				this.want('body', piece.getUint32(2, true), MESSAGE_MAX);
				break;
			}
			/* falls through */
		default:
			this.want('header', HEADER, HEADER);
		}
	}

	private want(part: Part, size: number, most: number): void {
		if (size === 0 || size > most)
			throw new RangeError(`a ${part} of ${size} bytes`);
		this.part = part;
		this.needed = size;
	}
}
