/*
 * Text on its way into a terminal. Line ends become those of a keyboard; control
 * characters are left out, because a text that was copied from anywhere could
 * carry an escape that ends the brackets of a bracketed paste, or a key that
 * nobody pressed.
 */
import { h } from '../lib/dom';
import { icon } from '../lib/icons';

const LONG_CHARACTERS = 1000;
const MANY_LINES = 4;
const SHOWN_LINES = 6;

export function cleaned(words: string): string {
	return words.replace(/\r\n|\n/g, '\r')
		.replace(/[\x00-\x08\x0a-\x0c\x0e-\x1f\x7f-\x9f]/g, '');
}

/* Without brackets a shell runs every line as it comes. */
export function isLarge(words: string, bracketed: boolean): boolean {
	const lines = words.split('\r').length - 1;

	return words.length > LONG_CHARACTERS ||
		(!bracketed && lines >= MANY_LINES);
}

function dialog(title: string, about: string, shown: string,
	yes: string, no: string, done: (yes: boolean) => void): HTMLElement {
	return h('div', {
		class: 'overlay overlay-shown question', role: 'alertdialog',
		'aria-label': title, on: {
			keydown: (e) => {
				if (e.key === 'Escape')
					done(false);
			},
		},
	}, h('form', {
		class: 'overlay-card', on: {
			submit: (e) => {
				e.preventDefault();
				done(true);
			},
		},
	},
		h('div', { class: 'overlay-badge' }, icon('clipboard')),
		h('h2', { class: 'overlay-title' }, title),
		h('p', { class: 'overlay-hint' }, about),
		h('pre', { class: 'question-text', tabindex: 0,
			'aria-label': 'The text' }, shown),
		h('div', { class: 'overlay-buttons' },
			h('button', { type: 'submit', class: 'button primary' }, yes),
			h('button', {
				type: 'button', class: 'button',
				on: { click: () => done(false) },
			}, no))));
}

export function pasteQuestion(words: string, bracketed: boolean,
	done: (yes: boolean) => void): HTMLElement {
	const lines = words.split('\r');
	const more = lines.length > SHOWN_LINES;
	const shown = lines.slice(0, SHOWN_LINES)
		.map((l) => l.length > 200 ? `${l.slice(0, 200)}\u2026` : l)
		.join('\n') + (more ? '\n\u2026' : '');
	const size = `${lines.length} ${lines.length === 1 ? 'line' : 'lines'}, ${
		words.length} characters.`;

	return dialog('Paste this text?', bracketed ? size :
		`${size} The program there may run every line as it comes.`,
	shown, 'Paste', 'Cancel', done);
}

export function linkQuestion(address: string,
	done: (yes: boolean) => void): HTMLElement {
	return dialog('The guest offers a link',
		'It says nothing about where it leads but this.',
		address, 'Copy the address', 'Cancel', done);
}
