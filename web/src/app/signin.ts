/* Signing in: a token, or how to get a one-time link. */
import { Problem, signIn } from '../lib/api';
import { h, show, text, uniqueId } from '../lib/dom';
import { icon, mark } from '../lib/icons';
import { hintOf, titleOf } from '../console/ends';
import type { Login } from '../lib/types';

const signInTitles: Record<string, string> = {
	not_signed_in: 'That token is not known here',
	login_failed: 'That token is not known here',
	not_permitted: 'That token may not sign in here',
	limit: 'Too many tries: wait a moment',
};

function explain(problem: Problem): { title: string; more: string } {
	const end = {
		word: problem.word, sentence: problem.detail, hint: problem.hint,
		id: problem.id,
	};
	const title = signInTitles[problem.word] ?? titleOf(end);
	const hint = problem.word === 'not_signed_in' ? '' : hintOf(end);

	return { title, more: [problem.detail, hint].filter(Boolean).join(' ') };
}

function terminalLine(words: string): HTMLElement {
	return h('code', { class: 'code-line' }, words);
}

export interface SignIn {
	root: HTMLElement;
	fail(problem: Problem): void;
	focus(): void;
}

export function signInPanel(methods: string[],
	done: (login: Login) => void): SignIn {
	const id = uniqueId('token');
	const errorId = uniqueId('error');
	const byToken = methods.length === 0 || methods.includes('token');
	const byLink = methods.length === 0 || methods.includes('link');
	const input = h('input', {
		id, class: 'field', type: 'password', name: 'token', required: true,
		autocomplete: 'current-password', spellcheck: 'false',
		'aria-describedby': errorId,
	});
	const eye = h('button', {
		type: 'button', class: 'icon-button field-button',
		'aria-label': 'Show the token', 'aria-pressed': 'false',
		on: {
			click: () => {
				const hidden = input.type === 'password';

				input.type = hidden ? 'text' : 'password';
				eye.setAttribute('aria-pressed', String(hidden));
			},
		},
	}, icon('eye'));
	const errorTitle = h('strong');
	const errorMore = h('span');
	const error = h('p', {
		class: 'alert', id: errorId, role: 'alert', hidden: true,
	}, icon('warning'), h('span', null, errorTitle, ' ', errorMore));
	const submit = h('button', {
		type: 'submit', class: 'button primary button-wide',
	}, 'Sign in');
	const fail = (problem: Problem): void => {
		const { title, more } = explain(problem);

		text(errorTitle, `${title}.`);
		text(errorMore, more);
		show(error, true);
	};
	const form = h('form', {
		class: 'signin-form', on: {
			submit: (e) => {
				e.preventDefault();
				submit.disabled = true;
				show(error, false);
				signIn({ token: input.value.trim() }).then(done,
					(problem: unknown) => {
						fail(problem instanceof Problem ? problem :
							new Problem('internal', 0, String(problem)));
						input.focus();
						input.select();
					}).finally(() => {
					submit.disabled = false;
				});
			},
		},
	},
	h('label', { for: id }, 'Access token'),
	h('div', { class: 'field-group' }, input, eye), submit);
	const link = h('div', { class: 'signin-aside' },
		h('h2', null, byToken ? 'Or with a one-time link' :
			'Sign in with a one-time link'),
		h('p', null, 'It works once. On the machine that runs the gateway:'),
		terminalLine('glassbridge web'),
		byToken ? h('p', null, 'A token is made there with') : null,
		byToken ? terminalLine('glassbridge token new NAME') : null);
	const root = h('main', { class: 'signin', id: 'main' },
		h('div', { class: 'signin-card' },
			h('div', { class: 'signin-brand' }, mark(),
				h('h1', null, 'Glassbridge')),
			h('p', { class: 'signin-lead' },
				'The screen of every machine, in this tab.'),
			error, byToken ? form : null, byLink ? link : null));

	return {
		root, fail, focus: () => byToken ? input.focus() : undefined,
	};
}
