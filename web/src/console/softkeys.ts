/*
 * The keyboard of a phone. It writes into a hidden field; what changed there
 * becomes keys, because such keyboards send no key events worth the name.
 */
import { h } from '../lib/dom';
import { BACKSPACE_KEY, ENTER_KEY, keysymOf, type Send } from './keys';

const FILL = '_'.repeat(64); /* something to delete */

function type(send: Send, keysym: number, code: string): void {
	send(keysym, code, true);
	send(keysym, code, false);
}

function difference(send: Send, was: string, is: string): void {
	let same = 0;

	while (same < was.length && same < is.length && was[same] === is[same])
		same++;
	for (let i = same; i < was.length; i++)
		type(send, BACKSPACE_KEY[0], BACKSPACE_KEY[1]);
	for (const character of is.slice(same))
		type(send, keysymOf(character), character === '\n' ?
			ENTER_KEY[1] : '');
}

export class SoftKeys {
	readonly field: HTMLTextAreaElement;
	private was = FILL;

	constructor(private readonly send: Send) {
		this.field = h('textarea', {
			class: 'softkeys', autocapitalize: 'off', autocomplete: 'off',
			autocorrect: 'off', spellcheck: 'false', tabindex: -1,
			'aria-label': 'Keyboard input for the guest',
			on: { input: () => this.input(), focus: () => this.reset() },
		});
	}

	get shown(): boolean {
		return document.activeElement === this.field;
	}

	toggle(): void {
		if (this.shown)
			this.field.blur();
		else
			this.field.focus({ preventScroll: true });
	}

	private reset(): void {
		this.was = FILL;
		this.field.value = FILL;
		this.field.setSelectionRange(FILL.length, FILL.length);
	}

	private input(): void {
		const { value } = this.field;

		difference(this.send, this.was, value);
		this.was = value;
		if (value.length > FILL.length * 2 || value.length < 8)
			this.reset();
	}
}
