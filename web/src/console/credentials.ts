/*
 * A screen that asks who is there. Only a plain address ever does: the gateway
 * logs in to its guests by itself.
 */
import type { Credentials } from '@novnc/novnc';
import { h, uniqueId } from '../lib/dom';

export function credentialsForm(types: string[],
	done: (given: Credentials) => void): HTMLFormElement {
	const fields = types.filter((t) => t !== 'target').map((t) => {
		const id = uniqueId('credential');
		const input = h('input', {
			id, class: 'field', name: t, required: true,
			type: t === 'password' ? 'password' : 'text',
			autocomplete: 'off',
		});

		return { name: t, input, row: h('div', { class: 'form-row' },
			h('label', { for: id }, t === 'password' ?
				'Password of the screen' : 'User of the screen'),
			input) };
	});

	return h('form', {
		class: 'overlay overlay-shown credentials', on: {
			submit: (e) => {
				e.preventDefault();
				done(Object.fromEntries(
					fields.map((f) => [f.name, f.input.value])));
			},
		},
	}, h('div', { class: 'overlay-card' },
		h('h2', { class: 'overlay-title' }, 'This screen asks who you are'),
		...fields.map((f) => f.row),
		h('div', { class: 'overlay-buttons' }, h('button', {
			type: 'submit', class: 'button primary',
		}, 'Connect'))));
}
