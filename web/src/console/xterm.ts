/* xterm.js as this page uses it; a chunk of its own. */
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { Terminal, type ITheme } from '@xterm/xterm';
import { guard, isFocusReport } from './guard';
import { useUnicode11 } from './letters';
import { strict } from './strictdom';

const SCROLLBACK_LINES = 10000;
const COLS_MAX = 500;
const ROWS_MAX = 300;
const FONT = 'ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", ' +
	'"DejaVu Sans Mono", monospace';

const light: ITheme = {
	background: '#fbfcfd', foreground: '#15212a', cursor: '#0a6a8a',
	cursorAccent: '#fbfcfd', selectionBackground: '#b8dcea',
	black: '#15212a', red: '#b0261d', green: '#12703a', yellow: '#855200',
	blue: '#1f5fb8', magenta: '#8b3a9b', cyan: '#0a6a8a', white: '#5c6b77',
	brightBlack: '#4f5f6b', brightRed: '#c9362b', brightGreen: '#1a8347',
	brightYellow: '#9a6200', brightBlue: '#2f72d0',
	brightMagenta: '#a14cb2', brightCyan: '#0f7fa5',
	brightWhite: '#2b3a45',
};
const dark: ITheme = {
	background: '#0b1013', foreground: '#e4ecf1', cursor: '#62c6e6',
	cursorAccent: '#0b1013', selectionBackground: '#1f4a5c',
	black: '#33424c', red: '#ff938a', green: '#5bd38d', yellow: '#f0ba5e',
	blue: '#7fb2f5', magenta: '#d7a0e6', cyan: '#62c6e6', white: '#d3dde4',
	brightBlack: '#8296a3', brightRed: '#ffb3ac', brightGreen: '#86e3ac',
	brightYellow: '#f7d08d', brightBlue: '#a6cbf9',
	brightMagenta: '#e6c1f0', brightCyan: '#9adcf0',
	brightWhite: '#ffffff',
};

export interface TermEvents {
	typed(data: string): void;
	bytes(data: Uint8Array): void; /* mouse reports of the old kind */
	bell(): void;
	resized(cols: number, rows: number): void;
	found(index: number, count: number): void;
	link(address: string): void;
}

export interface TermOptions {
	fontSize: number;
	reader: boolean;
	label: string;
}

const systemDark = matchMedia('(prefers-color-scheme: dark)');

function themeNow(): ITheme {
	const chosen = document.documentElement.dataset['theme'];

	return chosen === 'dark' || (chosen !== 'light' && systemDark.matches) ?
		dark : light;
}

export class Term {
	readonly term: Terminal;
	private readonly fitAddon = new FitAddon();
	private readonly searchAddon = new SearchAddon({ highlightLimit: 1000 });
	private readonly watched: MutationObserver;
	private exact = false;

	constructor(host: HTMLElement, options: TermOptions,
		events: TermEvents) {
		this.term = new Terminal({
			allowProposedApi: true, /* the marks of the search */
			documentOverride: strict,
			cols: 80, rows: 24,
			fontFamily: FONT,
			fontSize: options.fontSize,
			lineHeight: 1.15,
			scrollback: SCROLLBACK_LINES,
			screenReaderMode: options.reader,
			minimumContrastRatio: 4.5,
			cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)')
				.matches,
			cursorInactiveStyle: 'outline',
			rightClickSelectsWord: false,
			macOptionClickForcesSelection: true,
			theme: themeNow(),
			/* a link of the guest is shown before anything opens */
			linkHandler: { activate: (_, address) => events.link(address) },
		});
		this.term.loadAddon(this.fitAddon);
		this.term.loadAddon(this.searchAddon);
		useUnicode11(this.term);
		guard(this.term, (answer) => {
			if (!this.term.options.disableStdin)
				events.typed(answer);
		});
		this.listen(events);
		this.term.open(host);
		this.name(options.label);
		this.watched = new MutationObserver(this.dress);
		this.watched.observe(document.documentElement,
			{ attributeFilter: ['data-theme'] });
		systemDark.addEventListener('change', this.dress);
	}

	private listen(events: TermEvents): void {
		this.term.onData((data) => {
			if (!isFocusReport(data))
				events.typed(data);
		});
		this.term.onBinary((data) => events.bytes(
			Uint8Array.from(data, (c) => c.charCodeAt(0))));
		this.term.onBell(() => events.bell());
		this.term.onResize(({ cols, rows }) => events.resized(cols, rows));
		this.searchAddon.onDidChangeResults((r) =>
			events.found(r.resultIndex, r.resultCount));
	}

	private name(label: string): void {
		const { textarea } = this.term;

		textarea?.setAttribute('aria-label', label);
		textarea?.setAttribute('aria-description', 'Keys go to the guest. ' +
			'Control, Alt and Shift together bring the focus back to the ' +
			'toolbar. The panel Display has a mode for screen readers.');
	}

	private readonly dress = (): void => {
		this.term.options.theme = themeNow();
	};

	/* The size that fits, within what a guest can make sense of. */
	fit(): void {
		const size = this.fitAddon.proposeDimensions();

		if (size && size.cols > 1 && size.rows > 1)
			this.term.resize(Math.min(size.cols, COLS_MAX),
				Math.min(size.rows, ROWS_MAX));
	}

	find(words: string, back: boolean, exact: boolean,
		grow = false): void {
		if (exact !== this.exact)
			this.searchAddon.clearDecorations(); /* it would not look anew */
		this.exact = exact;
		const options = {
			caseSensitive: exact, incremental: grow,
			decorations: themeNow() === dark ? {
				matchBackground: '#6b5115', matchOverviewRuler: '#b88a1f',
				activeMatchBackground: '#9a7320',
				activeMatchColorOverviewRuler: '#f0ba5e',
			} : {
				matchBackground: '#f6e2a8', matchOverviewRuler: '#d7a02c',
				activeMatchBackground: '#f0c14a',
				activeMatchColorOverviewRuler: '#855200',
			},
		};

		if (back)
			this.searchAddon.findPrevious(words, options);
		else
			this.searchAddon.findNext(words, options);
	}

	endFind(): void {
		this.searchAddon.clearDecorations();
		this.term.clearSelection();
	}

	/* A line of the page's own, between what was and what comes. */
	note(words: string): boolean {
		if (this.term.buffer.active.type !== 'normal')
			return false; /* a full-screen program is there: do not mar it */
		this.term.write(`\x1b[0m${this.term.buffer.active.cursorX > 0 ?
			'\r\n' : ''}\x1b[2;3m\u2500\u2500 ${words} \u2500\u2500` +
			'\x1b[0m\r\n');
		return true;
	}

	dispose(): void {
		systemDark.removeEventListener('change', this.dress);
		this.watched.disconnect();
		this.term.dispose();
	}
}
