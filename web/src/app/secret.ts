/* A field for a secret, with an eye that shows it. */
import { h, uniqueId } from '../lib/dom';
import { icon } from '../lib/icons';

export interface SecretField {
	root: HTMLElement;
	input: HTMLInputElement;
	/* Before it is sent: what is shown might be kept by the browser. */
	hide(): void;
}

export function secretField(label: string, name: string,
	describedBy: string | null = null): SecretField {
	const id = uniqueId(name);
	const input = h('input', {
		id, class: 'field', type: 'password', name, required: true,
		autocomplete: 'current-password', spellcheck: 'false',
		autocapitalize: 'off', 'aria-describedby': describedBy,
	});
	const reveal = (shown: boolean): void => {
		input.type = shown ? 'text' : 'password';
		eye.setAttribute('aria-pressed', String(shown));
	};
	const eye: HTMLElement = h('button', {
		type: 'button', class: 'icon-button field-button',
		'aria-label': `Show the ${name}`,
		'aria-pressed': 'false', on: {
			click: () => reveal(input.type === 'password'),
		},
	}, icon('eye'));

	return {
		input, hide: () => reveal(false),
		root: h('div', { class: 'form-row' }, h('label', { for: id }, label),
			h('div', { class: 'field-group' }, input, eye)),
	};
}
