/* The two sources of access: the gateway's API, and a plain address. */
import { openConsole, Problem, resumeConsole, sessions } from '../lib/api';
import { wsAt } from '../lib/base';
import type { ConsoleGrant, Kind } from '../lib/types';
import type { Access, Source } from './line';

const RIGHTS = ['view', 'control'];

/* After these a resume key is worth nothing, but the guest may still open. */
const STALE = new Set([400, 404, 409, 410]);

export class ApiSource implements Source {
	readonly probe = true;
	private last: ConsoleGrant | null = null;
	private rights = RIGHTS;

	/* deny: what the rules close to this person, on every console */
	constructor(private readonly guest: string,
		private readonly kind: Kind, private readonly deny: string[]) {
	}

	async ask(again: boolean, takeOver: boolean): Promise<Access> {
		const grant = again && !takeOver ? await this.resume() :
			await this.fresh(takeOver);

		this.last = grant;
		return {
			url: wsAt(grant.ws).href,
			protocols: ['binary', `code.${grant.code}`],
			rights: grant.rights ?? this.rights,
			deny: grant.deny ?? this.deny,
			streaming: async () => (await sessions()).some((row) =>
				row.id === grant.id && row.state === 'streaming'),
			waiting: async () => (await sessions()).find((row) =>
				row.id === grant.id)?.waiting?.seconds ?? null,
		};
	}

	private async resume(): Promise<ConsoleGrant> {
		const { last } = this;

		if (!last?.resume)
			return this.fresh(false);
		this.last = null; /* a resume key opens once */
		try {
			return await resumeConsole(last.id, last.resume);
		} catch (problem) {
			if (!(problem instanceof Problem) || problem.unreachable)
				throw this.keep(last, problem);
			if (!STALE.has(problem.status) && problem.status !== 403)
				throw this.keep(last, problem);
			return this.fresh(false);
		}
	}

	private keep(grant: ConsoleGrant, problem: unknown): unknown {
		this.last = grant;
		return problem;
	}

	/* Who may only look is still let in, to look. */
	private async fresh(takeOver: boolean): Promise<ConsoleGrant> {
		try {
			return await openConsole(this.guest, this.kind, this.rights,
				takeOver);
		} catch (problem) {
			if (!(problem instanceof Problem) ||
				problem.word !== 'not_permitted' ||
				this.rights.length < 2)
				throw problem;
			const grant = await openConsole(this.guest, this.kind,
				['view'], takeOver).catch(() => {
				throw problem;
			});

			this.rights = ['view'];
			return grant;
		}
	}
}

export class PlainSource implements Source {
	readonly probe = false;

	constructor(private readonly url: string,
		private readonly viewOnly: boolean) {
	}

	ask(): Promise<Access> {
		return Promise.resolve({
			url: this.url, protocols: [], deny: [],
			rights: this.viewOnly ? ['view'] : RIGHTS,
		});
	}
}
