/*
 * A terminal: a serial line, the shell of a container or of a node. xterm.js
 * draws it and keeps what was said; the WebSocket is ours. Binary messages are
 * keys and output, text messages are notes: {"resize": [columns, rows]}. When
 * the line breaks the terminal stays as it is, and goes on in the same place.
 */
import { h } from '../lib/dom';
import { icon } from '../lib/icons';
import { copyText, notice } from '../lib/notice';
import { load, save } from '../lib/prefs';
import { FindPanel } from './find';
import { watchLeaveChord } from './keys';
import type { Access, Closed } from './line';
import { Outbox, OUTBOX_MAX } from './outbox';
import { cleaned, isLarge, linkQuestion, pasteQuestion } from './paste';
import { termDisplay, type TermPrefs } from './termdisplay';
import { SoftRow, termKeysPanel, type TermKey } from './termkeys';
import type { Fact, Frame, May, Viewer } from './viewer';
import type { Term } from './xterm';

const UNREAD_MAX = 16 * 1024 * 1024; /* output that is not drawn yet */
const RESIZE_MS = 120;
const BELL_MS = 500; /* the page does not flicker for a guest */
const STREAMING_MS = [60, 150, 300, 600, 1000];

const utf8 = new TextEncoder();
const loading = (): Promise<typeof import('./xterm')> => import('./xterm');
const clock = new Intl.DateTimeFormat(undefined,
	{ timeStyle: 'medium', hourCycle: 'h23' });

export class TerminalViewer implements Viewer {
	readonly host: HTMLElement;
	readonly tools: HTMLElement[];
	viewOnly: boolean;
	private readonly place = h('div', { class: 'term-place' });
	private readonly prefs: TermPrefs;
	private readonly store: string;
	private readonly keys: ReturnType<typeof termKeysPanel>;
	private readonly display: ReturnType<typeof termDisplay>;
	private readonly find: FindPanel;
	private readonly soft: SoftRow;
	private readonly watcher: ResizeObserver;
	private term: Term | null = null;
	private socket: WebSocket | null = null;
	private out: Outbox | null = null;
	private may: May = { live: false, control: true, clipboard: true };
	private heard = 0;
	private unread = 0;
	private wasUp = false;
	private sent = '';
	private fitTimer = 0;
	private sizeTimer = 0;
	private rang = 0;

	constructor(private readonly frame: Frame) {
		this.store = `console.${frame.guest || 'plain'}`;
		this.viewOnly = load(this.store, { viewOnly: false }).viewOnly;
		this.prefs = load<TermPrefs>('terminal',
			{ fontSize: 14, reader: false });
		const press = (key: TermKey): void => this.press(key);

		this.keys = termKeysPanel(press, () => frame.focus());
		this.display = termDisplay(this.prefs, this.viewOnly, {
			changed: () => this.prefer(),
			viewOnly: (wish) => this.wishViewOnly(wish),
			clear: () => this.term?.term.clear(),
			reset: () => this.term?.term.reset(),
		});
		this.find = new FindPanel({
			find: (...what) => this.term?.find(...what),
			endFind: () => this.term?.endFind(),
			left: () => this.focus(),
		});
		this.soft = new SoftRow(press);
		this.tools = [this.findButton(), this.keys.root,
			this.display.panel.root];
		this.host = h('div', { class: 'term' }, this.place,
			this.find.root, this.soft.root);
		this.host.addEventListener('paste', (e) => this.pasted(e), true);
		watchLeaveChord(this.host, () => frame.focusBar());
		this.watcher = new ResizeObserver(() => this.fitSoon());
		this.watcher.observe(this.place);
		loading().catch(() => {}); /* a failure is told by open() */
	}

	get aside(): boolean {
		return this.wasUp;
	}

	async open(access: Access, up: () => void,
		down: (closed: Closed) => void): Promise<void> {
		const socket = new WebSocket(access.url, access.protocols);
		const ours = (): boolean => this.socket === socket;
		const kept: MessageEvent[] = [];
		let early: Closed | null = null;
		let tell = (closed: Closed): void => {
			early = closed;
		};

		this.socket = socket;
		this.out = new Outbox(socket);
		socket.binaryType = 'arraybuffer';
		socket.onclose = (e) => {
			if (ours())
				tell({ code: e.code, reason: e.reason, failure: '' });
		};
		socket.onmessage = (e) => kept.push(e);
		await this.prepare();
		if (!ours())
			return;
		tell = down;
		if (early) {
			down(early);
			return;
		}
		const arrived = (): void => {
			if (ours() && !this.may.live)
				this.arrived(up);
		};

		socket.onmessage = (e) => {
			arrived(); /* who speaks is there */
			this.hear(socket, e, down);
		};
		for (const message of kept)
			socket.onmessage(message);
		this.whenStreaming(socket, access, arrived);
	}

	close(): void {
		const { socket } = this;

		this.socket = null;
		this.out?.close();
		this.out = null;
		this.may = { ...this.may, live: false };
		clearTimeout(this.sizeTimer);
		socket?.close(1000);
	}

	/* It will not be opened again. */
	dispose(): void {
		this.close();
		this.watcher.disconnect();
		clearTimeout(this.fitTimer);
		this.term?.dispose();
		this.term = null;
	}

	heardSince(time: number): boolean {
		return this.heard >= time;
	}

	allow(may: May): void {
		const armed = may.live && may.control && !this.viewOnly;

		this.may = may;
		this.display.lockViewOnly(!may.control);
		this.keys.button.disabled = !armed;
		if (!armed)
			this.keys.close(false);
		this.soft.enable(armed);
		if (this.term) {
			this.term.term.options.disableStdin = !armed;
			this.sizeSoon();
		}
	}

	focus(): void {
		this.term?.term.focus();
	}

	release(): void {
		this.soft.release();
	}

	/* What was said stays: it is read and copied after the end, too. */
	ended(): void {
		this.wasUp = this.term !== null && this.wasUp;
	}

	facts(): Fact[] {
		const term = this.term?.term;

		return term ? [['Size', `${term.cols} \u00d7 ${term.rows}`]] : [];
	}

	private async prepare(): Promise<void> {
		const { Term } = await loading();

		if (this.term)
			return;
		this.term = new Term(this.place, {
			...this.prefs, label: `Terminal of ${this.frame.title}`,
		}, {
			typed: (data) => this.typed(this.soft.with(data)),
			bytes: (data) => this.send(data),
			bell: () => this.ring(),
			resized: () => this.sizeSoon(),
			found: (index, count) => this.find.found(index, count),
			link: (address) => this.ask((done) =>
				linkQuestion(address, done), () =>
				void copyText(address, 'Address')),
		});
		this.term.term.attachCustomKeyEventHandler((e) => this.key(e));
		this.term.fit();
	}

	/*
	 * A serial line may have nothing to say, so the first byte is no proof
	 * that it was reached: the gateway knows, and is asked.
	 */
	private whenStreaming(socket: WebSocket, access: Access,
		arrived: () => void): void {
		const { streaming } = access;
		let turn = 0;
		const ask = (): void => {
			if (this.socket !== socket || this.may.live)
				return;
			streaming?.().then((is) => is ? arrived() : later(), later);
		};
		const later = (): void => {
			setTimeout(ask, STREAMING_MS[turn++] ?? 1000);
		};

		if (streaming)
			later();
		else if (socket.readyState === WebSocket.OPEN)
			arrived();
		else
			socket.onopen = arrived;
	}

	private arrived(up: () => void): void {
		this.may = { ...this.may, live: true };
		if (this.wasUp && !this.term?.note(
			`reconnected ${clock.format(new Date())}`))
			notice('Connected again');
		this.wasUp = true;
		this.sent = '';
		up();
	}

	private hear(socket: WebSocket, event: MessageEvent,
		down: (closed: Closed) => void): void {
		if (!(event.data instanceof ArrayBuffer) || this.socket !== socket)
			return;
		const { byteLength } = event.data;

		this.heard = performance.now();
		this.unread += byteLength;
		if (this.unread > UNREAD_MAX) {
			this.unread -= byteLength;
			down({ code: 1013, failure: '', stay: true, reason:
				'slow_reader: The guest writes faster than this browser ' +
				'can draw.' });
			return;
		}
		this.term?.term.write(new Uint8Array(event.data), () => {
			this.unread -= byteLength;
		});
	}

	private send(data: Uint8Array): void {
		if (this.may.live && this.may.control && !this.viewOnly &&
			this.out && !this.out.put(data))
			notice(`Not sent: at most ${OUTBOX_MAX >> 20} MiB may wait.`);
	}

	private typed(data: string): void {
		this.send(utf8.encode(data));
	}

	private press(key: TermKey): void {
		const { application } = key;
		const there = this.term?.term.modes.applicationCursorKeysMode;

		this.typed(this.soft.with(there && application || key.bytes));
	}

	/* Keys that are the page's own; false: xterm leaves them alone. */
	private key(event: KeyboardEvent): boolean {
		if (!event.ctrlKey || !event.shiftKey || event.altKey ||
			event.metaKey)
			return true;
		const act = ({
			KeyC: () => this.copy(),
			KeyF: () => this.openFind(),
			KeyV: null, /* the browser makes a paste of it */
		} as Record<string, (() => void) | null>)[event.code];

		if (act === undefined)
			return true;
		if (act && event.type === 'keydown') {
			event.preventDefault();
			act();
		}
		return false;
	}

	private copy(): void {
		const words = this.term?.term.getSelection();

		if (!this.may.clipboard)
			notice('The clipboard is closed here by the gateway\u2019s rules');
		else if (words)
			void copyText(words, 'Selection');
		else
			notice('Nothing is selected');
	}

	/* Every paste comes through here, whichever key or menu made it. */
	private pasted(event: ClipboardEvent): void {
		if (this.find.root.contains(event.target as Node))
			return;
		event.preventDefault();
		event.stopPropagation();
		const words = cleaned(event.clipboardData?.getData('text') ?? '');

		if (!this.may.clipboard)
			notice('The clipboard is closed here by the gateway\u2019s rules');
		else if (this.may.live && words)
			this.paste(words);
	}

	private paste(words: string): void {
		const bracketed = this.term?.term.modes.bracketedPasteMode ?? false;
		const go = (): void => this.typed(bracketed ?
			`\x1b[200~${words}\x1b[201~` : words);

		if (!this.may.control || this.viewOnly)
			notice('View only: nothing is pasted');
		else if (isLarge(words, bracketed))
			this.ask((done) => pasteQuestion(words, bracketed, done), go);
		else
			go();
	}

	private ask(make: (done: (yes: boolean) => void) => HTMLElement,
		yes: () => void): void {
		this.frame.cover(make((said) => {
			this.frame.cover(null);
			if (said)
				yes();
			this.focus();
		}));
	}

	private openFind(): void {
		this.find.open(this.term?.term.getSelection() ?? '');
	}

	private findButton(): HTMLButtonElement {
		return h('button', {
			type: 'button', class: 'icon-button', 'aria-label': 'Find',
			'data-tip': 'Search what was said (Ctrl+Shift+F)',
			on: { click: () => this.openFind() },
		}, icon('search'), h('span', { class: 'caption' }, 'Find'));
	}

	private ring(): void {
		const now = performance.now();

		if (now - this.rang < BELL_MS)
			return;
		this.rang = now;
		this.frame.bell();
	}

	private prefer(): void {
		save('terminal', this.prefs);
		if (!this.term)
			return;
		this.term.term.options.fontSize = this.prefs.fontSize;
		this.term.term.options.screenReaderMode = this.prefs.reader;
		this.fitSoon();
	}

	private wishViewOnly(wish: boolean): void {
		this.viewOnly = wish;
		save(this.store, { ...load(this.store, {}), viewOnly: wish });
		this.frame.changed();
	}

	private fitSoon(): void {
		clearTimeout(this.fitTimer);
		this.fitTimer = window.setTimeout(() => this.term?.fit(), 60);
	}

	/* The guest learns the size once it has settled, and at each opening. */
	private sizeSoon(): void {
		clearTimeout(this.sizeTimer);
		this.sizeTimer = window.setTimeout(() => this.tellSize(),
			this.sent ? RESIZE_MS : 0);
	}

	private tellSize(): void {
		const { socket, may, term } = this;

		if (!term || !may.live || !may.control ||
			socket?.readyState !== WebSocket.OPEN)
			return;
		const note = JSON.stringify({
			resize: [term.term.cols, term.term.rows],
		});

		if (note !== this.sent)
			socket.send(note);
		this.sent = note;
	}
}
