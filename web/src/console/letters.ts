/*
 * The widths of Unicode 11, with an end to the accents upon one letter: a
 * letter that grows by every byte of a guest would keep the page busy for
 * minutes. How many there are is kept where xterm.js keeps the state of a
 * letter: above the lowest three bits of what is known of it.
 */
import { Unicode11Addon } from '@xterm/addon-unicode11';
import type { IUnicodeVersionProvider, Terminal } from '@xterm/xterm';

const ACCENTS_MAX = 32;
const JOINED = 1;
const KNOWN_BITS = 3;

class Letters implements IUnicodeVersionProvider {
	readonly version = '11';

	constructor(private readonly widths: IUnicodeVersionProvider) {
	}

	wcwidth(point: number): 0 | 1 | 2 {
		return this.widths.wcwidth(point);
	}

	charProperties(point: number, before: number): number {
		const is = this.widths.charProperties(point, before);
		const accents = (before >> KNOWN_BITS) + 1;

		if (!(is & JOINED))
			return is;
		return accents > ACCENTS_MAX ? 0 : is | accents << KNOWN_BITS;
	}
}

export function useUnicode11({ unicode }: Terminal): void {
	new Unicode11Addon().activate({
		unicode: {
			register: (widths: IUnicodeVersionProvider) =>
				unicode.register(new Letters(widths)),
		},
	} as Terminal);
	unicode.activeVersion = '11';
}
