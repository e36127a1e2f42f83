/*
 * Signing in as an account of a cluster: its realm, user and password, then
 * the second factor where the account has one. The cluster's own challenge
 * stays in the gateway; here is only a name for it.
 */
import { Problem, signInAs } from '../lib/api';
import { h, replace, show, text, uniqueId } from '../lib/dom';
import { load, save } from '../lib/prefs';
import type { Challenge, Login, Proof, Realm } from '../lib/types';
import { secretField } from './secret';

interface Remembered {
	profile: string;
	realm: string;
	user: string;
}

export interface RealmForm {
	root: HTMLElement;
	focus(): void;
}

export interface RealmActions {
	done(login: Login): void;
	fail(problem: Problem, step: 'password' | 'factor'): void;
	calm(): void;  /* what was wrong is not wrong any more */
	retry(): void; /* asks for the realms again */
}

const factors: Record<string, { label: string; about: string }> = {
	totp: {
		label: 'Code of your app',
		about: 'Six digits, a new one every 30 seconds.',
	},
	recovery: {
		label: 'Recovery code',
		about: 'One of those you once wrote down; each works once.',
	},
};

/* The words after which the password has to be given again. */
const LAPSED = ['link_expired', 'link_used', 'bad_request', 'not_signed_in'];

function problemOf(problem: unknown): Problem {
	return problem instanceof Problem ? problem :
		new Problem('internal', 0, String(problem));
}

function option(realm: Realm, value: number): HTMLOptionElement {
	return h('option', { value }, realm.comment ?
		`${realm.realm} \u2013 ${realm.comment}` : realm.realm);
}

/* One cluster needs no name; several are groups. */
function realmSelect(id: string, realms: Realm[]): HTMLSelectElement {
	const select = h('select', { id, class: 'field', name: 'realm' });
	const profiles = [...new Set(realms.map((r) => r.profile))];

	for (const profile of profiles) {
		const options = realms.map((r, i) => ({ r, i }))
			.filter(({ r }) => r.profile === profile)
			.map(({ r, i }) => option(r, i));

		if (profiles.length > 1)
			select.append(h('optgroup', { label: profile }, ...options));
		else
			select.append(...options);
	}
	return select;
}

function chosen(realms: Realm[], was: Remembered): number {
	const same = realms.findIndex((r) => r.profile === was.profile &&
		r.realm === was.realm);

	return same >= 0 ? same : Math.max(0, realms.findIndex((r) => r.default));
}

function busy(form: HTMLFormElement, on: boolean): void {
	for (const element of form.elements) {
		if (element instanceof HTMLButtonElement)
			element.disabled = on;
	}
	form.setAttribute('aria-busy', String(on));
}

function row(label: string, id: string, field: Node): HTMLElement {
	return h('div', { class: 'form-row' }, h('label', { for: id }, label),
		field);
}

/* The second step: what kind of proof, and the proof. */
function factorForm(challenge: Challenge, who: string,
	send: (kind: string, value: string, form: HTMLFormElement) => void,
	back: () => void): HTMLFormElement {
	const id = uniqueId('factor');
	const kinds = challenge.kinds.filter((k) => Object.hasOwn(factors, k));
	let kind = kinds[0] ?? 'totp';
	const label = h('label', { for: id });
	const about = h('p', { class: 'form-note', id: `${id}-about` });
	const input = h('input', {
		id, class: 'field field-code', required: true, spellcheck: 'false',
		autocapitalize: 'off', 'aria-describedby': `${id}-about`,
	});
	const draw = (): void => {
		text(label, factors[kind]?.label ?? kind);
		text(about, factors[kind]?.about ?? '');
		input.name = kind;
		input.value = '';
		input.autocomplete = kind === 'totp' ? 'one-time-code' : 'off';
		input.inputMode = kind === 'totp' ? 'numeric' : 'text';
	};
	const other = kinds.length < 2 ? null : h('button', {
		type: 'button', class: 'link-button', on: {
			click: () => {
				kind = kinds[(kinds.indexOf(kind) + 1) % kinds.length] ??
					kind;
				draw();
				text(other as HTMLElement, otherWords());
				input.focus();
			},
		},
	});
	const otherWords = (): string => `Use ${kind === 'totp' ?
		'a recovery code' : 'the code of your app'} instead`;
	const form: HTMLFormElement = h('form', {
		class: 'signin-form', 'aria-label': 'Second step', on: {
			submit: (e) => {
				e.preventDefault();
				send(kind, input.value.trim(), form);
			},
		},
	},
	h('p', { class: 'signin-step' }, 'One more proof for ',
		h('strong', null, who)),
	h('div', { class: 'form-row' }, label, input, about),
	h('button', { type: 'submit', class: 'button primary button-wide' },
		'Continue'),
	h('div', { class: 'signin-links' }, h('button', {
		type: 'button', class: 'link-button', on: { click: back },
	}, 'Back'), other));

	if (other)
		text(other, otherWords());
	draw();
	return form;
}

function noFactor(back: () => void): HTMLElement {
	return h('div', { class: 'signin-form' },
		h('p', { class: 'signin-step' }, 'This account asks for a second ' +
			'proof of a kind that cannot be given here, such as a security ' +
			'key. Sign in in another way, or add an app or recovery ' +
			'codes to the account.'),
		h('button', { type: 'button', class: 'button', on: { click: back } },
			'Back'));
}

/* No cluster told its realms: nobody of theirs can be asked for. */
function noRealms(retry: () => void): HTMLElement {
	return h('div', { class: 'signin-form' },
		h('p', { class: 'signin-step' }, 'No cluster answers now, so its ' +
			'accounts cannot be checked. This page keeps asking.'),
		h('button', { type: 'button', class: 'button', on: { click: retry } },
			'Ask now'));
}

export function realmForm(realms: Realm[], actions: RealmActions): RealmForm {
	const was = load<Remembered>('signin',
		{ profile: '', realm: '', user: '' });
	const root = h('div', { class: 'signin-realm' });

	if (realms.length === 0) {
		root.append(noRealms(actions.retry));
		return { root, focus() {} };
	}
	const [userId, realmId] = [uniqueId('user'), uniqueId('realm')];
	const select = realmSelect(realmId, realms);
	const user = h('input', {
		id: userId, class: 'field', name: 'username', required: true,
		autocomplete: 'username', autocapitalize: 'off', spellcheck: 'false',
		value: was.user,
	});
	const password = secretField('Password', 'password');
	const form: HTMLFormElement = h('form', {
		class: 'signin-form', 'aria-label': 'Cluster account', on: {
			submit: (e) => {
				e.preventDefault();
				void first();
			},
		},
	}, row('User name', userId, user), password.root,
	row(new Set(realms.map((r) => r.profile)).size > 1 ?
		'Cluster and realm' : 'Realm', realmId, select),
	h('button', { type: 'submit', class: 'button primary button-wide' },
		'Sign in'));
	const back = (): void => {
		replace(root, form);
		password.input.value = '';
		password.input.focus();
	};

	/* "anna@pam" names its realm by itself. */
	const identity = (): Remembered => {
		const { profile, realm } = realms[Number(select.value)] ??
			realms[0] as Realm;
		const whole = user.value.trim();
		const at = whole.lastIndexOf('@');
		const own = at < 0 ? undefined : realms.findIndex((r) =>
			r.profile === profile && r.realm === whole.slice(at + 1));

		if (own === undefined || own < 0)
			return { profile, realm, user: whole };
		select.value = String(own);
		user.value = whole.slice(0, at);
		return { profile, realm: whole.slice(at + 1), user: user.value };
	};
	const attempt = async (own: HTMLFormElement, proof: Proof,
		step: 'password' | 'factor', who: Remembered): Promise<void> => {
		busy(own, true);
		actions.calm();
		try {
			const answer = await signInAs(proof);

			save('signin', who);
			password.input.value = ''; /* it is not asked for any more */
			busy(own, false);
			if ('challenge' in answer)
				second(answer, who);
			else
				actions.done(answer);
		} catch (problem) {
			busy(own, false);
			refused(problemOf(problem), step);
		}
	};
	const refused = (problem: Problem, step: 'password' | 'factor'): void => {
		const again = step === 'factor' && LAPSED.includes(problem.word);

		actions.fail(problem, again ? 'password' : step);
		if (again)
			back();
		const field = root.querySelector<HTMLInputElement>(
			step === 'factor' && !again ? '.field-code' :
				'input[name="password"]');

		field?.focus();
		field?.select();
	};
	const first = (): Promise<void> => {
		const who = identity();

		password.hide();
		return attempt(form, { ...who, password: password.input.value },
			'password', who);
	};
	const second = (challenge: Challenge, who: Remembered): void => {
		const leave = (): void => {
			actions.calm();
			back();
		};

		if (!challenge.kinds.some((k) => Object.hasOwn(factors, k))) {
			replace(root, noFactor(leave));
			return;
		}
		const own = factorForm(challenge, `${who.user}@${who.realm}`,
			(kind, value, its) => void attempt(its,
				{ challenge: challenge.challenge, kind, value }, 'factor',
				who), leave);

		replace(root, own);
		own.querySelector('input')?.focus();
	};

	select.value = String(chosen(realms, was));
	root.append(form);
	show(root, true);
	return { root, focus: () => (user.value ? password.input : user).focus() };
}
