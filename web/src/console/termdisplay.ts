/* The panel Display of a terminal: text size, screen readers, view-only. */
import { h, text, uniqueId } from '../lib/dom';
import { Panel } from '../lib/panel';

export const FONT_MIN = 8;
export const FONT_MAX = 32;

/* Of the person, for every terminal. */
export interface TermPrefs {
	fontSize: number;
	reader: boolean;
}

export interface TermDisplayActions {
	changed(): void;              /* prefs were written to */
	viewOnly(wish: boolean): void;
	clear(): void;
	reset(): void;
}

export interface TermDisplay {
	panel: Panel;
	lockViewOnly(locked: boolean): void;
}

function check(box: HTMLInputElement, label: string,
	about: HTMLElement | string): HTMLElement {
	return h('label', { class: 'choice' }, box,
		h('span', null, h('span', { class: 'choice-label' }, label),
			typeof about === 'string' ?
				h('span', { class: 'choice-about' }, about) : about));
}

function fontRow(prefs: TermPrefs, changed: () => void): HTMLElement {
	const id = uniqueId('font');
	const output = h('output', { for: id }, `${prefs.fontSize} px`);
	const input = h('input', {
		id, type: 'range', min: FONT_MIN, max: FONT_MAX, step: 1,
		value: prefs.fontSize, on: {
			input: () => {
				prefs.fontSize = Number(input.value);
				text(output, `${prefs.fontSize} px`);
				changed();
			},
		},
	});

	return h('div', { class: 'slider' },
		h('label', { for: id }, 'Text size'), output, input,
		h('span', { class: 'slider-end' }, 'more text'),
		h('span', { class: 'slider-end' }, 'larger'));
}

export function termDisplay(prefs: TermPrefs, viewOnly: boolean,
	actions: TermDisplayActions): TermDisplay {
	const reader = h('input', {
		type: 'checkbox', checked: prefs.reader, on: {
			change: () => {
				prefs.reader = reader.checked;
				actions.changed();
			},
		},
	});
	const view = h('input', {
		type: 'checkbox', checked: viewOnly,
		on: { change: () => actions.viewOnly(view.checked) },
	});
	const about = h('span', { class: 'choice-about' });
	const act = (label: string, fn: () => void): HTMLElement => h('button', {
		type: 'button', class: 'button', on: {
			click: () => {
				fn();
				panel.close(false);
			},
		},
	}, label);
	const panel: Panel = new Panel({
		icon: 'display', label: 'Display', caption: 'Display',
		tip: 'Text size, screen readers and view-only',
		className: 'panel-display',
	},
	fontRow(prefs, actions.changed),
	h('fieldset', { class: 'plain' },
		h('legend', { class: 'panel-heading' }, 'Reading and input'),
		check(reader, 'For screen readers',
			'What the guest writes is read out, line by line.'),
		check(view, 'View only', about)),
	h('div', { class: 'button-row' },
		act('Clear the lines above', actions.clear),
		act('Reset', actions.reset)));
	const lockViewOnly = (locked: boolean): void => {
		view.disabled = locked;
		view.checked = locked || view.checked;
		text(about, locked ? 'You have the right to look only.' :
			'Nothing you type reaches the guest.');
	};

	lockViewOnly(false);
	return { panel, lockViewOnly };
}
