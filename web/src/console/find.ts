/* Searching what a terminal has shown: a small panel in its corner. */
import { attribute, h, show, text, uniqueId } from '../lib/dom';
import { icon, type IconName } from '../lib/icons';

export interface Finder {
	find(words: string, back: boolean, exact: boolean, grow: boolean): void;
	endFind(): void;
	left(): void; /* closed: the focus goes back */
}

export class FindPanel {
	readonly root: HTMLElement;
	private readonly input: HTMLInputElement;
	private readonly count = h('span', {
		class: 'find-count', role: 'status',
	});
	private readonly exact: HTMLButtonElement;

	constructor(private readonly finder: Finder) {
		const id = uniqueId('find');

		this.input = h('input', {
			id, class: 'field find-field', type: 'text',
			placeholder: 'Find', autocomplete: 'off', spellcheck: 'false',
			on: {
				input: () => this.find(true, true),
				keydown: (e) => this.key(e),
			},
		});
		this.exact = this.button('Match case', null, () => {
			attribute(this.exact, 'aria-pressed', String(!this.matchCase));
			this.find(true, true);
		});
		attribute(this.exact, 'aria-pressed', 'false');
		this.exact.append('Aa');
		this.root = h('div', {
			class: 'find', role: 'search', hidden: true,
			'aria-label': 'Search in the terminal',
		}, h('label', { class: 'unseen', for: id }, 'Find in the terminal'),
		this.input, this.count, this.exact,
		this.button('Previous match', 'up', () => this.find(true, false)),
		this.button('Next match', 'down', () => this.find(false, false)),
		this.button('Close the search', 'close', () => this.close()));
	}

	private button(label: string, glyph: IconName | null,
		act: () => void): HTMLButtonElement {
		return h('button', {
			type: 'button', class: 'icon-button', 'aria-label': label,
			'data-tip': label, on: { click: act },
		}, glyph ? icon(glyph) : null);
	}

	get matchCase(): boolean {
		return this.exact.getAttribute('aria-pressed') === 'true';
	}

	open(words: string): void {
		show(this.root, true);
		if (words && !words.includes('\n'))
			this.input.value = words;
		this.input.focus();
		this.input.select();
		this.find(true, true);
	}

	close(): void {
		if (this.root.hidden)
			return;
		show(this.root, false);
		this.finder.endFind();
		this.finder.left();
	}

	/* index: -1 while there are more than can be counted */
	found(index: number, count: number): void {
		text(this.count, this.input.value === '' ? '' : count === 0 ?
			'No match' : index < 0 ? `${count}+` :
			`${index + 1} of ${count}`);
	}

	/* From the newest upwards: that is where one looks first. */
	private find(back: boolean, grow: boolean): void {
		this.finder.find(this.input.value, back, this.matchCase, grow);
		if (this.input.value === '')
			text(this.count, '');
	}

	private key(event: KeyboardEvent): void {
		if (event.key === 'Enter') {
			event.preventDefault();
			this.find(!event.shiftKey, false);
		} else if (event.key === 'Escape') {
			event.stopPropagation();
			this.close();
		}
	}
}
