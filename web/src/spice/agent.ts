/*
 * The agent inside the guest (spice-vdagent): text of the clipboard, both
 * ways, and the size of the screen. The library knows only how to announce
 * itself, so what the agent says is read here. Text alone is exchanged: no
 * pictures, no files, and of a guest's several clipboards the usual one.
 */
import { Constants } from '@spice-project/spice-html5/src/enums.js';
import type { AgentBody, SpiceMainConn } from
	'@spice-project/spice-html5/src/main.js';
import type { AgentState } from './port';

export const TEXT_MAX = 256 * 1024; /* bytes; more is cut */
const HEADER = 20; /* protocol, type, opaque (8), size */
const BODY_MAX = 4 * TEXT_MAX;
const UTF8_TEXT = 1;
const QUEUE_MAX = 512; /* pieces of 2 KiB that wait for the guest to read */

const is = (name: string): number => Constants[`VD_AGENT_${name}`] ?? -1;
const cap = (name: string): number => 1 << is(`CAP_${name}`);

class Body implements AgentBody {
	constructor(private readonly data: Uint8Array) {
	}

	buffer_size(): number {
		return this.data.length;
	}

	to_buffer(to: ArrayBuffer, at: number): void {
		new Uint8Array(to).set(this.data, at);
	}
}

function numbers(...list: number[]): Uint8Array {
	return new Uint8Array(Uint32Array.from(list).buffer);
}

/* A text that fits, never cut within a character. */
function encode(words: string): Uint8Array {
	const room = new Uint8Array(TEXT_MAX);
	const { written } = new TextEncoder().encodeInto(words, room);

	return room.subarray(0, written);
}

export class Agent {
	private can = 0;
	private here = false;
	private head: DataView | null = null; /* of a message in pieces */
	private parts: Uint8Array[] = [];
	private held = 0;
	private offered = '';
	private inTurn: Uint8Array = new Uint8Array(0);

	constructor(private readonly main: SpiceMainConn,
		private readonly clipboard: boolean,
		private readonly told: (state: AgentState) => void,
		private readonly words: (text: string) => void) {
		main.announce_agent_capabilities = (request) =>
			this.announce(request);
	}

	get state(): AgentState {
		return {
			here: this.here,
			clipboard: this.here && this.clipboard &&
				(this.can & cap('CLIPBOARD_BY_DEMAND')) !== 0,
			resize: this.here,
		};
	}

	arrived(): void {
		this.here = true;
		this.told(this.state);
	}

	gone(): void {
		this.here = false;
		this.can = 0;
		this.inTurn = new Uint8Array(0);
		this.head = null;
		this.told(this.state);
	}

	/* Offers a text; the guest asks for it when somebody pastes there. */
	paste(words: string): boolean {
		if (!this.state.clipboard || this.main.agent_msg_queue.length > 0)
			return false;
		this.offered = words;
		this.send('CLIPBOARD_GRAB', this.selected(numbers(UTF8_TEXT)));
		return true;
	}

	resize(width: number, height: number): void {
		if (this.here && this.main.agent_msg_queue.length === 0)
			this.main.resize_window(0, width, height, 32, 0, 0);
	}

	/* One message of the main channel; long ones come in several. */
	data(message: ArrayBuffer): void {
		let rest: Uint8Array = new Uint8Array(message);

		while (rest.length > 0)
			rest = this.head ? this.take(this.head, rest) :
				this.begin(rest);
	}

	private begin(rest: Uint8Array): Uint8Array {
		const all = new Uint8Array(this.inTurn.length + rest.length);

		all.set(this.inTurn);
		all.set(rest, this.inTurn.length);
		if (all.length < HEADER) {
			this.inTurn = all;
			return new Uint8Array(0);
		}
		this.inTurn = new Uint8Array(0);
		this.head = new DataView(all.slice(0, HEADER).buffer);
		this.parts = [];
		this.held = 0;
		return this.take(this.head, all.subarray(HEADER));
	}

	/* What is too long is counted, not kept. */
	private take(head: DataView, rest: Uint8Array): Uint8Array {
		const size = head.getUint32(16, true);
		const taken = rest.subarray(0, size - this.held);

		this.held += taken.length;
		if (size <= BODY_MAX)
			this.parts.push(taken);
		if (this.held === size) {
			this.head = null;
			if (size <= BODY_MAX)
				this.whole(head.getUint32(4, true), size);
		}
		return rest.subarray(taken.length);
	}

	private whole(type: number, size: number): void {
		const body = new Uint8Array(size);
		let at = 0;

		for (const part of this.parts) {
			body.set(part, at);
			at += part.length;
		}
		this.parts = [];
		const view = new DataView(body.buffer);

		if (type === is('ANNOUNCE_CAPABILITIES')) {
			this.can = size >= 8 ? view.getUint32(4, true) : 0;
			if (size >= 4 && view.getUint32(0, true))
				this.announce(0);
			this.told(this.state);
		} else if (this.clipboard) {
			this.shared(type, view);
		}
	}

	/* With the ability to select, each begins with which clipboard it is. */
	private shared(type: number, view: DataView): void {
		const at = this.can & cap('CLIPBOARD_SELECTION') ? 4 : 0;

		if (at > view.byteLength || (at && view.getUint8(0) !== 0))
			return;
		const kinds: number[] = [];

		for (let i = at; i + 4 <= view.byteLength && kinds.length < 64;
			i += 4)
			kinds.push(view.getUint32(i, true));
		if (type === is('CLIPBOARD_GRAB') && kinds.includes(UTF8_TEXT)) {
			this.send('CLIPBOARD_REQUEST',
				this.selected(numbers(UTF8_TEXT)));
		} else if (type === is('CLIPBOARD_REQUEST')) {
			this.answer(kinds[0] === UTF8_TEXT);
		} else if (type === is('CLIPBOARD') && kinds[0] === UTF8_TEXT) {
			this.heard(new Uint8Array(view.buffer, at + 4));
		}
	}

	private heard(data: Uint8Array): void {
		const text = new TextDecoder().decode(data.subarray(0, TEXT_MAX));

		this.words(text.replaceAll('\r\n', '\n').replaceAll('\0', ''));
	}

	/* No text is answered as well: who asked must not wait. */
	private answer(isText: boolean): void {
		const words = this.can & cap('GUEST_LINEEND_CRLF') ?
			this.offered.replace(/\r?\n/g, '\r\n') : this.offered;
		const text = isText ? encode(words) : new Uint8Array(0);
		const data = new Uint8Array(4 + text.length);

		data.set(numbers(isText ? UTF8_TEXT : 0));
		data.set(text, 4);
		this.send('CLIPBOARD', this.selected(data));
	}

	private selected(data: Uint8Array): Uint8Array {
		if (!(this.can & cap('CLIPBOARD_SELECTION')))
			return data;
		const all = new Uint8Array(4 + data.length);

		all.set(data, 4);
		return all;
	}

	private announce(request: number): void {
		this.send('ANNOUNCE_CAPABILITIES', numbers(request,
			cap('MOUSE_STATE') | cap('MONITORS_CONFIG') | cap('REPLY') |
			(this.clipboard ? cap('CLIPBOARD_BY_DEMAND') |
				cap('CLIPBOARD_SELECTION') : 0)));
	}

	/* Who asks again and again and reads nothing gets no more. */
	private send(type: string, data: Uint8Array): void {
		if (this.main.agent_msg_queue.length < QUEUE_MAX)
			this.main.send_agent_message(is(type), new Body(data));
	}
}
