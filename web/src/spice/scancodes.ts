/*
 * SPICE takes places on the keyboard, not characters: the codes of the first
 * PC keyboard, 0xe0 before those that came later. The browser tells places
 * too, whatever layout is chosen here; the guest applies its own.
 */
const rows: [first: number, codes: string][] = [
	[0x01, 'Escape Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 ' +
		'Digit9 Digit0 Minus Equal Backspace Tab KeyQ KeyW KeyE KeyR KeyT ' +
		'KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter ' +
		'ControlLeft KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL ' +
		'Semicolon Quote Backquote ShiftLeft Backslash KeyZ KeyX KeyC KeyV ' +
		'KeyB KeyN KeyM Comma Period Slash ShiftRight NumpadMultiply ' +
		'AltLeft Space CapsLock F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NumLock ' +
		'ScrollLock Numpad7 Numpad8 Numpad9 NumpadSubtract Numpad4 Numpad5 ' +
		'Numpad6 NumpadAdd Numpad1 Numpad2 Numpad3 Numpad0 NumpadDecimal'],
	[0x56, 'IntlBackslash F11 F12 NumpadEqual'],
	[0x64, 'F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23'],
	[0xe047, 'Home ArrowUp PageUp - ArrowLeft - ArrowRight - End ArrowDown ' +
		'PageDown Insert Delete'],
	[0xe05b, 'MetaLeft MetaRight ContextMenu Power Sleep'],
	[0xe065, 'BrowserSearch BrowserFavorites BrowserRefresh BrowserStop ' +
		'BrowserForward BrowserBack'],
];

const codes = new Map<string, number>([
	['NumpadEnter', 0xe01c], ['ControlRight', 0xe01d],
	['NumpadDivide', 0xe035], ['PrintScreen', 0xe037], ['AltRight', 0xe038],
	['KanaMode', 0x70], ['IntlRo', 0x73], ['Convert', 0x79],
	['NonConvert', 0x7b], ['IntlYen', 0x7d], ['NumpadComma', 0x7e],
	['Lang1', 0xf2], ['Lang2', 0xf1], ['AudioVolumeMute', 0xe020],
	['AudioVolumeDown', 0xe02e], ['AudioVolumeUp', 0xe030],
]);

for (const [first, list] of rows)
	list.split(' ').forEach((code, i) => codes.set(code, first + i));

/* Pause alone is three bytes long. */
const PAUSE = 0x451de1;
const PAUSE_UP = 0xc59de1;

/* As the wire wants it: the bytes in order, the low one first. */
export function scancode(code: string, down: boolean): number | null {
	if (code === 'Pause')
		return down ? PAUSE : PAUSE_UP;
	const place = codes.get(code);

	if (place === undefined)
		return null;
	const key = (place & 0x7f) | (down ? 0 : 0x80);

	/* the two of Korean keyboards have no bit of release */
	return place > 0xff ? 0xe0 | key << 8 :
		place > 0x7f ? place : key;
}

/* Where a character stands on the keyboard of the United States. */
export interface Stroke {
	code: string;
	shift: boolean;
}

const plain: Record<string, string> = {
	' ': 'Space', '-': 'Minus', '=': 'Equal', '[': 'BracketLeft',
	']': 'BracketRight', ';': 'Semicolon', '\'': 'Quote', '`': 'Backquote',
	'\\': 'Backslash', ',': 'Comma', '.': 'Period', '/': 'Slash',
};
const shifted: Record<string, string> = {
	'_': 'Minus', '+': 'Equal', '{': 'BracketLeft', '}': 'BracketRight',
	':': 'Semicolon', '"': 'Quote', '~': 'Backquote', '|': 'Backslash',
	'<': 'Comma', '>': 'Period', '?': 'Slash',
};
const DIGITS = ')!@#$%^&*(';

/* null: no key of that keyboard makes it. */
export function strokeOf(character: string): Stroke | null {
	if (/^[a-zA-Z]$/.test(character))
		return { code: `Key${character.toUpperCase()}`,
			shift: character >= 'A' && character <= 'Z' };
	if (/^[0-9]$/.test(character))
		return { code: `Digit${character}`, shift: false };
	const digit = DIGITS.indexOf(character);

	if (digit >= 0)
		return { code: `Digit${digit}`, shift: true };
	const code = plain[character];
	const high = shifted[character];

	return code ? { code, shift: false } :
		high ? { code: high, shift: true } : null;
}
