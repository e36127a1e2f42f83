/* A field for a secret, with an eye that shows it. */
import { h, uniqueId } from '../lib/dom';
import { icon } from '../lib/icons';

export interface SecretField {
	root: HTMLElement;
	input: HTMLInputElement;
}

export function secretField(label: string, name: string,
	describedBy: string | null = null): SecretField {
	const id = uniqueId(name);
	const input = h('input', {
		id, class: 'field', type: 'password', name, required: true,
		autocomplete: 'current-password', spellcheck: 'false',
		autocapitalize: 'off', 'aria-describedby': describedBy,
	});
	const eye = h('button', {
		type: 'button', class: 'icon-button field-button',
		'aria-label': `Show the ${name}`,
		'aria-pressed': 'false', on: {
			click: () => {
				const hidden = input.type === 'password';

				input.type = hidden ? 'text' : 'password';
				eye.setAttribute('aria-pressed', String(hidden));
			},
		},
	}, icon('eye'));

	return {
		input,
		root: h('div', { class: 'form-row' }, h('label', { for: id }, label),
			h('div', { class: 'field-group' }, input, eye)),
	};
}
