/*
 * Signing in: as an account of a cluster, with a token, or how to get a
 * one-time link. The way that most people have stands first and open.
 */
import { Problem, signIn } from '../lib/api';
import { h, show, text, uniqueId } from '../lib/dom';
import { icon, mark } from '../lib/icons';
import { hintOf, titleOf } from '../console/ends';
import type { Login, Realm } from '../lib/types';
import { realmForm } from './realm';
import { secretField } from './secret';

type Step = 'link' | 'token' | 'password' | 'factor';

const wrongTitles: Record<Step, string> = {
	link: 'The sign-in was refused',
	token: 'That token is not known here',
	password: 'User name or password is wrong',
	factor: 'That code was not accepted',
};
const wrongHints: Record<Step, string> = {
	link: '',
	token: '',
	password: 'Check the realm, too: the same name may exist in several.',
	factor: 'Codes last 30 seconds: is the clock of your device right?',
};
const titles: Record<string, string> = {
	not_permitted: 'You may not sign in here',
	limit: 'Too many tries',
	hypervisor_unreachable: 'The cluster does not answer',
	hypervisor_refused: 'The cluster refused the sign-in',
};
const hints: Record<string, string> = {
	limit: 'Wait a minute, then try again: until then nothing is checked.',
	hypervisor_unreachable: 'Your password was not checked. Try again in a ' +
		'moment; whoever runs this gateway sees the reason in its log.',
};
const wrong = ['login_failed', 'not_signed_in'];

function explain(problem: Problem, step: Step): {
	title: string; more: string;
} {
	const end = {
		word: problem.word, sentence: problem.detail, hint: problem.hint,
		id: problem.id,
	};

	if (wrong.includes(problem.word) && step !== 'link') {
		return { title: wrongTitles[step],
			more: [problem.detail, wrongHints[step]].filter(Boolean)
				.join(' ') };
	}
	return { title: titles[problem.word] ?? titleOf(end),
		more: [problem.detail, hints[problem.word] ?? hintOf(end)]
			.filter(Boolean).join(' ') };
}

function terminalLine(words: string): HTMLElement {
	return h('code', { class: 'code-line' }, words);
}

/* What the door knows of the ways in. */
export interface Ways {
	methods: string[]; /* none: not known yet */
	realms: Realm[];
}

export interface SignInActions {
	done(login: Login): void;
	retry(): void; /* the realms may be there now */
}

export interface SignIn {
	root: HTMLElement;
	fail(problem: Problem): void;
	focus(): void;
}

interface TokenForm {
	root: HTMLFormElement;
	input: HTMLInputElement;
}

function tokenForm(errorId: string, calm: () => void,
	done: (login: Login) => void, fail: (problem: Problem) => void):
	TokenForm {
	const field = secretField('Access token', 'token', errorId);
	const submit = h('button', {
		type: 'submit', class: 'button primary button-wide',
	}, 'Sign in');
	const root = h('form', {
		class: 'signin-form', on: {
			submit: (e) => {
				e.preventDefault();
				submit.disabled = true;
				field.hide();
				calm();
				signIn({ token: field.input.value.trim() }).then(done,
					(problem: unknown) => {
						fail(problem instanceof Problem ? problem :
							new Problem('internal', 0, String(problem)));
						field.input.focus();
						field.input.select();
					}).finally(() => {
					submit.disabled = false;
				});
			},
		},
	}, field.root, submit);

	field.input.classList.add('field-mono');
	return { root, input: field.input };
}

function linkHelp(title: string, byToken: boolean): HTMLElement {
	return h('div', { class: 'signin-aside' }, h('h2', null, title),
		h('p', null, 'It works once. On the machine that runs the gateway:'),
		terminalLine('glassbridge web'),
		byToken ? h('p', null, 'A token is made there with') : null,
		byToken ? terminalLine('glassbridge token new NAME') : null);
}

/* Beside accounts the other ways are folded away. */
function otherWays(...ways: (HTMLElement | null)[]): HTMLElement {
	return h('details', { class: 'signin-others' },
		h('summary', null, 'Other ways to sign in'), ...ways);
}

export function signInPanel({ methods, realms }: Ways,
	actions: SignInActions): SignIn {
	const errorId = uniqueId('error');
	const can = (way: string): boolean =>
		methods.length === 0 ? way !== 'proxmox' : methods.includes(way);
	const errorTitle = h('strong');
	const errorMore = h('span');
	const error = h('p', {
		class: 'alert', id: errorId, role: 'alert', hidden: true,
	}, icon('warning'), h('span', null, errorTitle, ' ', errorMore));
	const say = (problem: Problem, step: Step): void => {
		const { title, more } = explain(problem, step);

		text(errorTitle, `${title}.`);
		text(errorMore, more);
		show(error, true);
	};
	const calm = (): void => show(error, false);
	const accounts = can('proxmox') ? realmForm(realms, {
		done: actions.done, fail: say, calm, retry: actions.retry,
	}) : null;
	const token = can('token') ? tokenForm(errorId, calm, actions.done,
		(problem) => say(problem, 'token')) : null;
	const link = can('link') ? linkHelp(accounts ? 'With a one-time link' :
		token ? 'Or with a one-time link' : 'Sign in with a one-time link',
	token !== null) : null;
	const others = accounts && (token || link) ?
		[otherWays(token?.root ?? null, link)] : [token?.root, link];
	const root = h('main', { class: 'signin', id: 'main' },
		h('div', { class: 'signin-card' },
			h('div', { class: 'signin-brand' }, mark(),
				h('h1', null, 'Glassbridge')),
			h('p', { class: 'signin-lead' },
				'The screen of every machine, in this tab.'),
			error, accounts?.root, ...others));

	return {
		root, fail: (problem) => say(problem, 'link'),
		focus: () => accounts ? accounts.focus() : token?.input.focus(),
	};
}
