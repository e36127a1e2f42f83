/*
 * The keys of a terminal as bytes: those that a browser keeps for itself and
 * those that a phone does not have. Arrows, Home and End depend on what the
 * program there asked for.
 */
import { attribute, h } from '../lib/dom';
import { Panel } from '../lib/panel';

export interface TermKey {
	label: string;
	name?: string;        /* where the label is only a sign */
	bytes: string;
	application?: string; /* while application cursor keys are on */
}

function control(letter: string): TermKey {
	return {
		label: `Ctrl+${letter}`,
		bytes: String.fromCharCode(letter.charCodeAt(0) & 0x1f),
	};
}

function cursor(label: string, name: string, final: string): TermKey {
	return {
		label, name, bytes: `\x1b[${final}`, application: `\x1bO${final}`,
	};
}

const escape: TermKey = { label: 'Esc', bytes: '\x1b' };
const tab: TermKey = { label: 'Tab', bytes: '\t' };
const arrows: TermKey[] = [
	cursor('\u2190', 'Left', 'D'), cursor('\u2193', 'Down', 'B'),
	cursor('\u2191', 'Up', 'A'), cursor('\u2192', 'Right', 'C'),
];
const home = cursor('Home', 'Home', 'H');
const end = cursor('End', 'End', 'F');
const pageUp: TermKey = { label: 'PgUp', bytes: '\x1b[5~' };
const pageDown: TermKey = { label: 'PgDn', bytes: '\x1b[6~' };

const controls = ['C', 'D', 'Z', '\\', 'W', 'T', 'N', 'R', 'L', 'U', 'A', 'E',
	']'].map(control);
const singles: TermKey[] = [
	escape, tab, { label: 'Shift+Tab', bytes: '\x1b[Z' },
	{ label: 'Ins', bytes: '\x1b[2~' }, { label: 'Del', bytes: '\x1b[3~' },
	home, end, pageUp, pageDown, ...arrows,
];
const functions: TermKey[] = ['OP', 'OQ', 'OR', 'OS', '[15~', '[17~', '[18~',
	'[19~', '[20~', '[21~', '[23~', '[24~'].map((code, i) => ({
	label: `F${i + 1}`, bytes: `\x1b${code}`,
}));
const softs: TermKey[] = [escape, tab, ...arrows, home, end, pageUp, pageDown,
	...['|', '/', '-', '~'].map((c) => ({ label: c, bytes: c }))];

export type Press = (key: TermKey) => void;

function keyButton(key: TermKey, act: Press): HTMLButtonElement {
	return h('button', {
		type: 'button', class: 'key', 'aria-label': key.name ?? null,
		on: {
			/* the phone's keyboard must stay where it is */
			pointerdown: (e) => e.preventDefault(),
			click: () => act(key),
		},
	}, key.label);
}

function group(title: string, keys: TermKey[], act: Press,
	className = ''): HTMLElement {
	return h('div', { class: 'key-group' },
		h('h2', { class: 'panel-heading' }, title),
		h('div', { class: `key-grid ${className}` },
			...keys.map((k) => keyButton(k, act))));
}

export function termKeysPanel(act: Press, done: () => void): Panel {
	const once: Press = (key) => {
		act(key);
		panel.close(false);
		done();
	};
	const panel: Panel = new Panel({
		icon: 'command', label: 'Keys', caption: 'Keys',
		tip: 'Send keys that the browser keeps', className: 'panel-keys',
	},
	group('Control', controls, once),
	group('Single keys', singles, act),
	group('Function keys', functions, act, 'key-terminals'));

	return panel;
}

/*
 * The row of a phone. Ctrl and Alt hold for the one key that follows, from this
 * row or from the phone's own keyboard.
 */
export class SoftRow {
	readonly root: HTMLElement;
	private readonly held = new Map<string, HTMLButtonElement>();

	constructor(act: Press) {
		this.root = h('div', {
			class: 'soft-row', role: 'toolbar', 'aria-label': 'Keys',
		}, this.hold('Ctrl'), this.hold('Alt'),
		...softs.map((k) => keyButton(k, act)));
	}

	private hold(label: string): HTMLButtonElement {
		const button = h('button', {
			type: 'button', class: 'key', 'aria-pressed': 'false', on: {
				pointerdown: (e) => e.preventDefault(),
				click: () => attribute(button, 'aria-pressed',
					String(button.getAttribute('aria-pressed') !== 'true')),
			},
		}, label);

		this.held.set(label, button);
		return button;
	}

	private take(label: string): boolean {
		const button = this.held.get(label);
		const on = button?.getAttribute('aria-pressed') === 'true';

		button?.setAttribute('aria-pressed', 'false');
		return on;
	}

	/* What is typed, with what is held. */
	with(data: string): string {
		const ctrl = this.take('Ctrl');
		const alt = this.take('Alt');
		const one = ctrl && /^[@-_a-z]$/.test(data) ?
			String.fromCharCode(data.toUpperCase().charCodeAt(0) & 0x1f) :
			data;

		return alt ? `\x1b${one}` : one;
	}

	release(): void {
		this.take('Ctrl');
		this.take('Alt');
	}

	enable(on: boolean): void {
		for (const button of this.root.querySelectorAll('button'))
			button.disabled = !on;
	}
}
