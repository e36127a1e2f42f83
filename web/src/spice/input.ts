/*
 * Keys and pointer, from the browser to the channel for input. The library's
 * own handlers know one keyboard, no scaling, and speak up in alerts.
 *
 * A guest with an agent is told where the pointer is. Others are told how far
 * it went, and draw their own: a click gives it to them, Escape takes it back.
 */
import { Constants } from '@spice-project/spice-html5/src/enums.js';
import type { SpiceMainConn } from '@spice-project/spice-html5/src/main.js';
import { SpiceMiniData } from '@spice-project/spice-html5/src/spicemsg.js';
import { scancode, strokeOf } from './scancodes';

const ON_THE_WAY_MAX = 8; /* moves; the guest's side acknowledges each four */
const WHEEL_STEP = 60;

/* Where it is, and what a step of the browser's is there. */
export interface Place {
	x: number;
	y: number;
	scale: number;
}

/* the browser's bit of a button -> SPICE's: left, middle, right */
const masks = [1, 4, 2];
const BUTTON_UP = 4;
const BUTTON_DOWN = 5;

function words(...parts: [size: 1 | 2 | 4, value: number][]): ArrayBuffer {
	const data = new DataView(new ArrayBuffer(
		parts.reduce((sum, [size]) => sum + size, 0)));
	let at = 0;

	for (const [size, value] of parts) {
		if (size === 1)
			data.setUint8(at, value);
		else if (size === 2)
			data.setUint16(at, value, true);
		else
			data.setUint32(at, value, true);
		at += size;
	}
	return data.buffer;
}

export class Input {
	on = true;
	private readonly held = new Set<string>();
	private wheel = 0;
	private last: { x: number; y: number } | null = null;
	private waiting: PointerEvent | null = null;
	private rest = { x: 0, y: 0 }; /* less than a dot */

	/* place: where an event is on the guest's screen */
	constructor(private readonly main: () => SpiceMainConn | null,
		private readonly host: HTMLElement,
		private readonly place: (e: MouseEvent) => Place) {
		host.addEventListener('keydown', (e) => this.keyEvent(e, true));
		host.addEventListener('keyup', (e) => this.keyEvent(e, false));
		host.addEventListener('blur', () => this.release());
		host.addEventListener('pointermove', (e) => this.move(e));
		host.addEventListener('pointerdown', (e) => this.button(e, true));
		host.addEventListener('pointerup', (e) => this.button(e, false));
		host.addEventListener('contextmenu', (e) => e.preventDefault());
		host.addEventListener('wheel', (e) => this.turn(e),
			{ passive: false });
	}

	/* Keys that are held down are let go. */
	release(): void {
		for (const code of this.held)
			this.strike(code, false);
		this.held.clear();
	}

	key(keysym: number, code: string, down: boolean): void {
		if (code && scancode(code, down) !== null)
			this.strike(code, down);
		else if (down)
			this.character(keysym);
	}

	/* The moves that were held back while too many were on the way. */
	acknowledged(): void {
		const { waiting } = this;

		this.waiting = null;
		if (waiting)
			this.move(waiting);
	}

	get relative(): boolean {
		return this.main()?.mouse_mode ===
			Constants['SPICE_MOUSE_MODE_SERVER'];
	}

	private send(type: string, data: ArrayBuffer): void {
		const inputs = this.main()?.inputs;
		const kind = Constants[`SPICE_MSGC_INPUTS_${type}`];

		if (!this.on || inputs?.state !== 'ready' || kind === undefined)
			return;
		const message = new SpiceMiniData();

		message.type = kind;
		message.size = data.byteLength;
		message.data = data;
		inputs.send_msg(message);
	}

	private strike(code: string, down: boolean): void {
		const value = scancode(code, down);

		if (value !== null)
			this.send(down ? 'KEY_DOWN' : 'KEY_UP', words([4, value]));
	}

	/* From a phone's keyboard, which knows characters only. */
	private character(keysym: number): void {
		const point = keysym >= 0x01000000 ? keysym - 0x01000000 : keysym;
		const stroke = point < 0x110000 ?
			strokeOf(String.fromCodePoint(point)) : null;

		if (!stroke)
			return;
		if (stroke.shift)
			this.strike('ShiftLeft', true);
		this.strike(stroke.code, true);
		this.strike(stroke.code, false);
		if (stroke.shift)
			this.strike('ShiftLeft', false);
	}

	private keyEvent(event: KeyboardEvent, down: boolean): void {
		if (!this.on)
			return;
		if (scancode(event.code, down) === null)
			return;
		event.preventDefault();
		if (down)
			this.held.add(event.code);
		else
			this.held.delete(event.code);
		this.strike(event.code, down);
	}

	private move(event: PointerEvent): void {
		const main = this.main();
		const inputs = main?.inputs;

		if (!main || !inputs || !this.on)
			return;
		const at = this.place(event);

		if (inputs.waiting_for_ack >= ON_THE_WAY_MAX) {
			if (this.given) {
				this.rest.x += event.movementX * at.scale;
				this.rest.y += event.movementY * at.scale;
			} else {
				this.waiting = event;
			}
			return;
		}
		if (main.mouse_mode === Constants['SPICE_MOUSE_MODE_CLIENT'])
			this.send('MOUSE_POSITION', words([4, at.x], [4, at.y],
				[2, this.mask(event)], [1, 0]));
		else if (!this.went(event, at))
			return;
		if (inputs.state === 'ready')
			inputs.waiting_for_ack++;
	}

	/* How far it went since the last time, in whole dots of the guest. */
	private went(event: PointerEvent, at: Place): boolean {
		const was = this.last ?? at;
		const far = this.given ? {
			x: event.movementX * at.scale + this.rest.x,
			y: event.movementY * at.scale + this.rest.y,
		} : { x: at.x - was.x, y: at.y - was.y };
		const x = Math.trunc(far.x);
		const y = Math.trunc(far.y);

		this.last = at;
		this.rest = { x: far.x - x, y: far.y - y };
		if (x !== 0 || y !== 0)
			this.send('MOUSE_MOTION', words([4, x], [4, y],
				[2, this.mask(event)]));
		return x !== 0 || y !== 0;
	}

	/* Is the pointer the guest's? */
	private get given(): boolean {
		return document.pointerLockElement === this.host;
	}

	/* Browsers give it away only for a click, and may refuse. */
	private async give(): Promise<void> {
		try {
			await this.host.requestPointerLock();
		} catch {
			/* then it is followed as far as this window goes */
		}
	}

	private mask(event: MouseEvent): number {
		return masks.reduce((sum, bit, i) =>
			sum | (event.buttons & 1 << i ? bit : 0), 0);
	}

	private button(event: PointerEvent, down: boolean): void {
		if (event.button < 0 || event.button > 2)
			return;
		event.preventDefault();
		if (down && this.on && this.relative && !this.given &&
			event.pointerType === 'mouse') {
			void this.give();
			return; /* this click was for us */
		}
		this.move(event);
		if (down && !this.given)
			this.host.setPointerCapture(event.pointerId);
		this.send(down ? 'MOUSE_PRESS' : 'MOUSE_RELEASE',
			words([1, event.button + 1], [2, this.mask(event)]));
	}

	private turn(event: WheelEvent): void {
		event.preventDefault();
		this.wheel += event.deltaMode === 0 ? event.deltaY :
			event.deltaY * WHEEL_STEP;
		for (; Math.abs(this.wheel) >= WHEEL_STEP;
			this.wheel -= Math.sign(this.wheel) * WHEEL_STEP) {
			const button = this.wheel < 0 ? BUTTON_UP : BUTTON_DOWN;

			this.send('MOUSE_PRESS', words([1, button],
				[2, this.mask(event)]));
			this.send('MOUSE_RELEASE', words([1, button],
				[2, this.mask(event)]));
		}
	}
}
