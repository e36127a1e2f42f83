/* Asks before something that cannot be taken back. */
import { h, uniqueId } from './dom';

export interface Question {
	title: string; /* names what it is about */
	about: string;
	yes: string;
	danger: boolean;
}

/* Answers false for Escape and Cancel; the focus goes back where it was. */
export function confirmed(question: Question): Promise<boolean> {
	return new Promise((done) => {
		const [titleId, aboutId] = [uniqueId('title'), uniqueId('about')];
		const end = (answer: boolean): void => {
			dialog.close();
			dialog.remove();
			done(answer);
		};
		const cancel = h('button', {
			type: 'button', class: 'button', on: { click: () => end(false) },
		}, 'Cancel');
		const dialog = h('dialog', {
			class: 'confirm', 'aria-labelledby': titleId,
			'aria-describedby': aboutId,
			on: {
				cancel: (e) => {
					e.preventDefault();
					end(false);
				},
			},
		}, h('h2', { id: titleId }, question.title),
		h('p', { id: aboutId }, question.about),
		h('div', { class: 'confirm-buttons' }, cancel, h('button', {
			type: 'button', on: { click: () => end(true) },
			class: `button ${question.danger ? 'destroy' : 'primary'}`,
		}, question.yes)));

		(document.fullscreenElement ?? document.body).append(dialog);
		dialog.showModal();
		cancel.focus();
	});
}
