/* Keys that the browser or the desk would keep for itself. */

/* X11 keysym and the place on the keyboard (for servers that take scancodes) */
export type Key = readonly [keysym: number, code: string];

export const CTRL: Key = [0xffe3, 'ControlLeft'];
export const ALT: Key = [0xffe9, 'AltLeft'];
export const SHIFT: Key = [0xffe1, 'ShiftLeft'];
export const SUPER: Key = [0xffeb, 'MetaLeft'];
const DELETE: Key = [0xffff, 'Delete'];
const BACKSPACE: Key = [0xff08, 'Backspace'];
const TAB: Key = [0xff09, 'Tab'];
const ESCAPE: Key = [0xff1b, 'Escape'];
const ENTER: Key = [0xff0d, 'Enter'];

export interface Combination {
	label: string;
	keys: readonly Key[];
}

function functionKey(n: number): Key {
	return [0xffbd + n, `F${n}`];
}

export const ctrlAltDelete: Combination = {
	label: 'Ctrl+Alt+Del', keys: [CTRL, ALT, DELETE],
};

export const combinations: Combination[] = [
	ctrlAltDelete,
	{ label: 'Ctrl+Alt+Backspace', keys: [CTRL, ALT, BACKSPACE] },
	{ label: 'Alt+Tab', keys: [ALT, TAB] },
	{ label: 'Alt+F4', keys: [ALT, functionKey(4)] },
	{ label: 'Ctrl+Esc', keys: [CTRL, ESCAPE] },
	{ label: 'Ctrl+Shift+Esc', keys: [CTRL, SHIFT, ESCAPE] },
	{ label: 'Ctrl+W', keys: [CTRL, [0x77, 'KeyW']] },
	{ label: 'Super', keys: [SUPER] },
	{ label: 'Super+L', keys: [SUPER, [0x6c, 'KeyL']] },
	{ label: 'Super+R', keys: [SUPER, [0x72, 'KeyR']] },
	{ label: 'Print', keys: [[0xff61, 'PrintScreen']] },
	{ label: 'Alt+Print+B', keys: [ALT, [0xff15, 'PrintScreen'],
		[0x62, 'KeyB']] },
	{ label: 'Pause', keys: [[0xff13, 'Pause']] },
	{ label: 'Menu', keys: [[0xff67, 'ContextMenu']] },
];

/* The terminals of a Linux guest. */
export const terminals: Combination[] = Array.from({ length: 12 }, (_, i) => ({
	label: `F${i + 1}`, keys: [CTRL, ALT, functionKey(i + 1)],
}));

export const singles: Combination[] = [
	{ label: 'Esc', keys: [ESCAPE] },
	{ label: 'Tab', keys: [TAB] },
	{ label: 'Enter', keys: [ENTER] },
	{ label: 'Del', keys: [DELETE] },
	{ label: 'Home', keys: [[0xff50, 'Home']] },
	{ label: 'End', keys: [[0xff57, 'End']] },
	{ label: 'PgUp', keys: [[0xff55, 'PageUp']] },
	{ label: 'PgDn', keys: [[0xff56, 'PageDown']] },
	{ label: '\u2190', keys: [[0xff51, 'ArrowLeft']] },
	{ label: '\u2191', keys: [[0xff52, 'ArrowUp']] },
	{ label: '\u2193', keys: [[0xff54, 'ArrowDown']] },
	{ label: '\u2192', keys: [[0xff53, 'ArrowRight']] },
];

export const modifiers: { label: string; key: Key }[] = [
	{ label: 'Ctrl', key: CTRL },
	{ label: 'Alt', key: ALT },
	{ label: 'Shift', key: SHIFT },
	{ label: 'Super', key: SUPER },
];

export type Send = (keysym: number, code: string, down: boolean) => void;

/* Down in order, up in the opposite one, as fingers do. */
export function press(send: Send, combination: Combination): void {
	for (const [keysym, code] of combination.keys)
		send(keysym, code, true);
	for (const [keysym, code] of [...combination.keys].reverse())
		send(keysym, code, false);
}

/* The keysym of a character: Latin 1 as it is, the rest in Unicode's range. */
export function keysymOf(character: string): number {
	const point = character.codePointAt(0) ?? 0;

	if (character === '\n')
		return ENTER[0];
	if (character === '\t')
		return TAB[0];
	return point < 0x100 ? point : 0x01000000 | point;
}

export const BACKSPACE_KEY = BACKSPACE;
export const ENTER_KEY = ENTER;

/*
 * Control, Alt and Shift held together with nothing else, then let go, call
 * `leave`. It waits for the last of them to rise, so that the guest is not
 * left with a key that is stuck.
 */
export function watchLeaveChord(target: HTMLElement, leave: () => void): void {
	let held = false;
	let other = false;

	target.addEventListener('keydown', (e) => {
		if (!['Control', 'Alt', 'Shift', 'Meta'].includes(e.key))
			other = true;
		if (e.ctrlKey && e.altKey && e.shiftKey && !other)
			held = true;
	}, true);
	target.addEventListener('keyup', (e) => {
		if (e.ctrlKey || e.altKey || e.shiftKey)
			return;
		const now = held && !other;

		held = false;
		other = false;
		if (now) /* after noVNC has sent the last release */
			setTimeout(leave, 0);
	}, true);
}
