/* The panels of a screen's toolbar: keys, clipboard, display. */
import { attribute, h, text, uniqueId } from '../lib/dom';
import { copyText } from '../lib/notice';
import { Panel } from '../lib/panel';
import { combinations, modifiers, press, singles, terminals, type Combination,
	type Send } from './keys';
import type { Scale, Settings } from './screentools';

function keyGrid(title: string, list: Combination[], act: (c: Combination) =>
	void, className = ''): HTMLElement {
	return h('div', { class: 'key-group' },
		h('h2', { class: 'panel-heading' }, title),
		h('div', { class: `key-grid ${className}` }, ...list.map((c) =>
			h('button', {
				type: 'button', class: 'key',
				'aria-label': className === 'key-terminals' ?
					`Ctrl+Alt+${c.label}` : null,
				on: { click: () => act(c) },
			}, c.label))));
}

/* Held keys stay down until they are pressed once more. */
function holdRow(send: Send, held: Set<() => void>): HTMLElement {
	return h('div', { class: 'key-group' },
		h('h2', { class: 'panel-heading' }, 'Hold down'),
		h('div', { class: 'key-grid' }, ...modifiers.map(({ label, key }) => {
			const release = (): void => {
				send(key[0], key[1], false);
				attribute(button, 'aria-pressed', 'false');
				held.delete(release);
			};
			const button = h('button', {
				type: 'button', class: 'key', 'aria-pressed': 'false',
				on: {
					click: () => {
						if (held.has(release)) {
							release();
							return;
						}
						send(key[0], key[1], true);
						attribute(button, 'aria-pressed', 'true');
						held.add(release);
					},
				},
			}, label);

			return button;
		})));
}

export function keysPanel(send: Send, done: () => void): {
	panel: Panel; releaseAll: () => void;
} {
	const held = new Set<() => void>();
	const once = (c: Combination): void => press(send, c);
	const act = (c: Combination): void => {
		once(c);
		panel.close(false);
		done();
	};
	const panel: Panel = new Panel({
		icon: 'command', label: 'Keys', caption: 'Keys',
		tip: 'Send keys and combinations', className: 'panel-keys',
	},
	keyGrid('Combinations', combinations, act, 'key-wide'),
	keyGrid('Ctrl + Alt +', terminals, act, 'key-terminals'),
	keyGrid('Single keys', singles, once),
	holdRow(send, held));

	return {
		panel, releaseAll: () => [...held].forEach((release) => release()),
	};
}

export interface ClipboardPanel {
	panel: Panel;
	fromGuest(words: string): void;
	setDenied(denied: boolean, viewOnly: boolean): void;
	/* Nobody in the guest takes a text, and why; "" for somebody does. */
	setNobody(why: string): void;
}

/* send: "" when it was sent, else why not */
export function clipboardPanel(send: (words: string) => string):
	ClipboardPanel {
	const id = uniqueId('clipboard');
	const area = h('textarea', {
		id, class: 'field clipboard-area', rows: 6, spellcheck: 'false',
		placeholder: 'Text to send; what the guest copies appears here.',
	});
	const sendButton = h('button', {
		type: 'button', class: 'button primary', on: {
			click: () => {
				text(status, send(area.value) ||
					'Sent. Paste it inside the guest.');
			},
		},
	}, 'Send to guest');
	const paste = h('button', {
		type: 'button', class: 'button', on: {
			click: () => {
				navigator.clipboard.readText().then((words) => {
					area.value = words;
					text(status, '');
				}, () => text(status,
					'The browser did not allow reading: paste here ' +
					'with Ctrl+V.'));
			},
		},
	}, 'Fetch mine');
	const copy = h('button', {
		type: 'button', class: 'button', on: {
			click: () => void copyText(area.value, 'Text'),
		},
	}, 'Copy');
	const status = h('p', { class: 'panel-note', role: 'status' });
	const panel = new Panel({
		icon: 'clipboard', label: 'Clipboard', className: 'panel-clipboard',
		caption: 'Clipboard', tip: 'Exchange text with the guest',
	},
	h('label', { class: 'panel-heading', for: id }, 'Shared clipboard'),
	area,
	h('div', { class: 'button-row' }, sendButton, paste, copy), status);

	return {
		panel,
		fromGuest(words) {
			area.value = words;
			text(status, 'The guest copied this.');
			panel.button.classList.add('icon-button-news');
			setTimeout(() => panel.button.classList.remove(
				'icon-button-news'), 2000);
		},
		setDenied(denied, viewOnly) {
			area.disabled = denied;
			sendButton.disabled = denied || viewOnly;
			text(status, denied ? 'The clipboard is closed here by the ' +
				'gateway\u2019s rules.' : viewOnly ?
				'View only: text cannot be sent.' : '');
		},
		setNobody(why) {
			area.disabled = why !== '';
			sendButton.disabled ||= why !== '';
			if (why)
				text(status, why);
		},
	};
}

function choice(name: string, value: string, label: string, about: string,
	checked: boolean, act: () => void): HTMLElement {
	return h('label', { class: 'choice' },
		h('input', {
			type: 'radio', name, value, checked, on: { change: act },
		}),
		h('span', null, h('span', { class: 'choice-label' }, label),
			h('span', { class: 'choice-about' }, about)));
}

function slider(label: string, low: string, high: string, value: number,
	act: (value: number) => void): HTMLElement {
	const id = uniqueId('slider');
	const output = h('output', { for: id }, String(value));
	const input = h('input', {
		id, type: 'range', min: 0, max: 9, step: 1, value,
		on: {
			input: () => text(output, input.value),
			change: () => act(Number(input.value)),
		},
	});

	return h('div', { class: 'slider' },
		h('label', { for: id }, label), output, input,
		h('span', { class: 'slider-end' }, low),
		h('span', { class: 'slider-end' }, high));
}

export interface DisplayPanel {
	panel: Panel;
	lockViewOnly(locked: boolean): void;
}

/* tuned: there is a quality to choose, and a pointer to draw */
export function displayPanel(settings: Settings, tuned: boolean,
	changed: () => void): DisplayPanel {
	const name = uniqueId('scale');
	const scale = (value: Scale, label: string, about: string): HTMLElement =>
		choice(name, value, label, about, settings.scale === value, () => {
			settings.scale = value;
			changed();
		});
	const viewOnly = h('input', {
		type: 'checkbox', checked: settings.viewOnly, on: {
			change: () => {
				settings.viewOnly = viewOnly.checked;
				changed();
			},
		},
	});
	const viewAbout = h('span', { class: 'choice-about' });
	const dot = h('input', {
		type: 'checkbox', checked: settings.dot, on: {
			change: () => {
				settings.dot = dot.checked;
				changed();
			},
		},
	});
	const panel = new Panel({
		icon: 'display', label: 'Display', className: 'panel-display',
		caption: 'Display', tip: tuned ? 'Size, quality and view-only' :
			'Size and view-only',
	},
	h('fieldset', { class: 'plain' },
		h('legend', { class: 'panel-heading' }, 'Size'),
		scale('fit', 'Fit', 'The picture is scaled to this window.'),
		scale('remote', 'Resize the guest',
			'The guest takes the size of this window, if it can.'),
		scale('native', 'One to one', 'Pixel by pixel, with scroll bars.')),
	h('fieldset', { class: 'plain' },
		h('legend', { class: 'panel-heading' }, 'Input'),
		h('label', { class: 'choice' }, viewOnly,
			h('span', null, h('span', { class: 'choice-label' },
				'View only'), viewAbout)),
		tuned && h('label', { class: 'choice' }, dot,
			h('span', null, h('span', { class: 'choice-label' },
				'Show a dot where the guest draws no pointer')))),
	tuned && h('fieldset', { class: 'plain' },
		h('legend', { class: 'panel-heading' }, 'Picture'),
		slider('Quality', 'less data', 'sharper', settings.quality, (v) => {
			settings.quality = v;
			changed();
		}),
		slider('Compression', 'less work', 'less data',
			settings.compression, (v) => {
				settings.compression = v;
				changed();
			})));
	const lockViewOnly = (locked: boolean): void => {
		viewOnly.disabled = locked;
		viewOnly.checked = locked || settings.viewOnly;
		text(viewAbout, locked ? 'You have the right to look only.' :
			'Nothing you type or click reaches the guest.');
	};

	lockViewOnly(false);
	return { panel, lockViewOnly };
}
