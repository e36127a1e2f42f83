/*
 * The door: finds out who is there, by a one-time link, by the cookie, or by
 * asking, and hands over to what comes behind it.
 */
import { Problem, signIn, whoAmI } from '../lib/api';
import { takeLinkCode } from '../lib/base';
import { h, replace } from '../lib/dom';
import { themeButton } from '../lib/theme';
import { startTips } from '../lib/tip';
import type { Login, Realm } from '../lib/types';
import { signInPanel } from './signin';

const LONGEST_MS = 8000;
const REALMS_MS = 4000;
const REALMS_LONGEST_MS = 30000;

/* What is behind the door; stop() is called before the door is shown again. */
export interface Inside {
	root: HTMLElement;
	start(): void;
	stop(): void;
}

export class Door {
	private inside: Inside | null = null;
	private methods: string[] = []; /* ways to sign in, as told last */
	private realms: Realm[] = [];
	private looking = 0; /* the timer of the next look for realms */
	private lookWait = REALMS_MS;

	constructor(private readonly enter: (login: Login) => Inside) {
		startTips();
	}

	async knock(): Promise<void> {
		const code = takeLinkCode();

		try {
			this.open(code ? await signIn({ link: code }) :
				await whoAmI());
		} catch (problem) {
			await this.refused(problem, code);
		}
	}

	private open(login: Login): void {
		this.inside?.stop();
		this.methods = login.login ?? this.methods;
		this.realms = login.realms ?? this.realms;
		this.inside = this.enter(login);
		replace(document.body, this.inside.root);
		this.inside.start();
	}

	/* A spent link does not matter to somebody who is signed in already. */
	private async refused(problem: unknown, code: string | null):
		Promise<void> {
		if (code && problem instanceof Problem && !problem.unreachable) {
			try {
				this.open(await whoAmI());
				return;
			} catch (other) {
				/* the link's own problem is the one to show */
				this.learn(other);
			}
		}
		this.ask(problem instanceof Problem ? problem : null, code);
	}

	/* Shows the door. Without a problem, or with plain 401, it just asks. */
	ask(problem: Problem | null, code: string | null = null): void {
		this.inside?.stop();
		this.inside = null;
		this.lookWait = REALMS_MS;
		this.learn(problem);
		const panel = signInPanel(
			{ methods: this.methods, realms: this.realms }, {
				done: (login) => this.open(login),
				retry: () => void this.look(panel.root),
			});

		replace(document.body, h('div', { class: 'door' },
			h('div', { class: 'door-tools' }, themeButton()), panel.root));
		if (problem && (code || problem.status !== 401))
			panel.fail(problem);
		panel.focus();
		if (problem?.unreachable)
			this.again(code, 1000, panel.root);
		else if (this.lacksRealms())
			this.lookLater(panel.root);
	}

	/* Who is refused is told the ways in. */
	private learn(problem: unknown): void {
		if (problem instanceof Problem && problem.login.length > 0) {
			this.methods = problem.login;
			this.realms = problem.realms;
		}
	}

	private lacksRealms(): boolean {
		return this.methods.includes('proxmox') && this.realms.length === 0;
	}

	/* The ways in are not all known: a cluster may be away for now. */
	private lookLater(shown: HTMLElement): void {
		clearTimeout(this.looking);
		this.looking = window.setTimeout(() => void this.look(shown),
			this.lookWait);
		this.lookWait = Math.min(this.lookWait * 1.5, REALMS_LONGEST_MS);
	}

	private async look(shown: HTMLElement): Promise<void> {
		try {
			const login = await whoAmI();

			if (shown.isConnected)
				this.open(login);
		} catch (problem) {
			if (!shown.isConnected)
				return;
			const typed = [...shown.querySelectorAll('input')]
				.some((input) => input.value !== '');

			if (!typed && problem instanceof Problem &&
				problem.realms.length > 0)
				this.ask(problem);
			else if (this.lacksRealms())
				this.lookLater(shown);
		}
	}

	/* The gateway was not there: go on as soon as it is. */
	private again(code: string | null, wait: number, shown: HTMLElement):
		void {
		setTimeout(() => {
			if (!shown.isConnected)
				return;
			(code ? signIn({ link: code }) : whoAmI()).then(
				(login) => shown.isConnected && this.open(login),
				(problem: unknown) => {
					if (problem instanceof Problem && problem.unreachable)
						this.again(code, Math.min(wait * 2, LONGEST_MS),
							shown);
					else if (shown.isConnected)
						this.ask(problem instanceof Problem ? problem :
							null, code);
				});
		}, wait);
	}
}
