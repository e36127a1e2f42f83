/*
 * What a terminal does because the guest says so. A guest may be hostile: text
 * that it shows must not come back as if it had been typed, must not reach the
 * clipboard, and must not change the page around it.
 *
 * Answered, because shells and editors wait for it, and because the answers
 * hold nothing that the guest chose: "what are you" (DA1), "are you there" and
 * "where is the cursor" (DSR 5 and 6). No more than some a second, and none
 * while nobody may type. Everything else that would make the terminal speak is
 * swallowed: names and versions, modes, settings, colours, sizes, titles.
 *
 * And a dozen bytes may not keep the page busy for minutes: xterm.js repeats
 * as often as it is told to. What goes beyond the screen is swallowed, too.
 */
import type { IParser, Terminal } from '@xterm/xterm';

const ANSWERS_MAX = 20; /* at once, and a second */
const SILENT_CSI = [
	{ prefix: '>', final: 'c' }, { prefix: '=', final: 'c' },
	{ prefix: '?', final: 'n' }, { prefix: '>', final: 'q' },
	{ intermediates: '$', final: 'p' },
	{ prefix: '?', intermediates: '$', final: 'p' }, { final: 't' },
] as const;
/* titles, colours, where I am, notifications, the clipboard, and their kin */
const SILENT_OSC = [0, 1, 2, 4, 5, 7, 9, 10, 11, 12, 13, 14, 17, 19, 21, 50,
	52, 99, 104, 105, 110, 111, 112, 113, 114, 117, 119, 777, 1337];
/* what xterm says when the page gains or loses the focus */
const FOCUS_REPORTS = ['\x1b[I', '\x1b[O'];

/* What is repeated, and how often makes sense. */
const REPEATED: [final: string, most: (term: Terminal) => number][] = [
	['b', (term) => term.cols * term.rows], /* the last character */
	['I', (term) => term.cols], ['Z', (term) => term.cols], /* tabs */
	...['L', 'M', 'S', 'T'].map((final): [string, typeof rowsOf] =>
		[final, rowsOf]),
];

function rowsOf(term: Terminal): number {
	return term.rows;
}

class Allowance {
	private left = ANSWERS_MAX;
	private since = 0;

	take(): boolean {
		const now = performance.now();

		this.left = Math.min(ANSWERS_MAX, this.left +
			(now - this.since) * ANSWERS_MAX / 1000);
		this.since = now;
		if (this.left < 1)
			return false;
		this.left--;
		return true;
	}
}

function swallow(parser: IParser): void {
	for (const id of SILENT_CSI)
		parser.registerCsiHandler(id, () => true);
	for (const id of SILENT_OSC)
		parser.registerOscHandler(id, () => true);
	parser.registerDcsHandler({ intermediates: '$', final: 'q' },
		() => true);
	parser.registerDcsHandler({ intermediates: '+', final: 'q' },
		() => true);
}

function bound(term: Terminal): void {
	for (const [final, most] of REPEATED)
		term.parser.registerCsiHandler({ final }, ([times]) =>
			typeof times === 'number' && times > most(term));
}

/* `say` sends an answer; it is the only way that the guest makes us speak. */
export function guard(term: Terminal, say: (answer: string) => void): void {
	const allowance = new Allowance();
	const answer = (words: string): void => {
		if (allowance.take())
			say(words);
	};

	swallow(term.parser);
	bound(term);
	term.parser.registerCsiHandler({ final: 'c' }, ([what]) => {
		if (!what)
			answer('\x1b[?1;2c');
		return true;
	});
	term.parser.registerCsiHandler({ final: 'n' }, ([what]) => {
		const { cursorX, cursorY } = term.buffer.active;

		if (what === 5)
			answer('\x1b[0n');
		else if (what === 6)
			answer(`\x1b[${cursorY + 1};${Math.min(cursorX,
				term.cols - 1) + 1}R`);
		return true;
	});
}

export function isFocusReport(data: string): boolean {
	return FOCUS_REPORTS.includes(data);
}
