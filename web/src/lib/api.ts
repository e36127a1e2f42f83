/*
 * The gateway's HTTP API. Every failure is a Problem: a word, a sentence and a
 * way out, also when the gateway could not be reached at all.
 */
import { at } from './base';
import type { Challenge, ConsoleGrant, Guest, GuestList, Job, Kind, Login,
	ProfileError, Proof, Realm, SessionRow, Snapshot, TagStyles, Verb } from
	'./types';

export const UNREACHABLE = 'gateway_unreachable';

export class Problem extends Error {
	constructor(readonly word: string, readonly status: number,
		readonly detail: string, readonly hint = '', readonly id = '',
		readonly login: string[] = [], readonly realms: Realm[] = []) {
		super(detail);
	}

	get unreachable(): boolean {
		return this.word === UNREACHABLE;
	}
}

const LIMIT_MS = 12000;
const SLOW_MS = 30000;

export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}

function str(value: unknown): string {
	return typeof value === 'string' ? value : '';
}

function list(answer: unknown, name: string): unknown[] {
	const found = isRecord(answer) ? answer[name] : null;

	return Array.isArray(found) ? found : [];
}

async function body(response: Response): Promise<unknown> {
	try {
		return await response.json();
	} catch {
		return null;
	}
}

async function problemOf(response: Response): Promise<Problem> {
	const said = await body(response);
	const p = isRecord(said) ? said : {};
	const word = str(p['code']) ||
		(response.status === 401 ? 'not_signed_in' : 'internal');
	const login = list(p, 'login').map(str);

	return new Problem(word, response.status,
		str(p['detail']) || str(p['title']) ||
			`The gateway answered ${response.status}.`,
		str(p['hint']), str(p['id']), login, list(p, 'realms') as Realm[]);
}

async function request(method: string, path: string, send: unknown,
	limit: number): Promise<Response> {
	const init: RequestInit = {
		method,
		credentials: 'same-origin',
		cache: 'no-store',
		signal: AbortSignal.timeout(limit),
		headers: { Accept: 'application/json' },
	};

	if (method !== 'GET') {
		init.headers = {
			Accept: 'application/json',
			'Content-Type': 'application/json',
		};
		init.body = JSON.stringify(send ?? {});
	}
	try {
		return await fetch(at(path), init);
	} catch {
		throw new Problem(UNREACHABLE, 0, 'The gateway does not answer.',
			'Check your network; the page goes on by itself.');
	}
}

async function call(method: string, path: string, send?: unknown,
	limit = LIMIT_MS): Promise<unknown> {
	const response = await request(method, path, send, limit);

	if (!response.ok)
		throw await problemOf(response);
	return response.status === 204 ? null : body(response);
}

export function whoAmI(): Promise<Login> {
	return call('GET', 'api/v1/login') as Promise<Login>;
}

export function signIn(proof: { link: string } | { token: string }):
	Promise<Login> {
	return call('POST', 'api/v1/login', proof) as Promise<Login>;
}

/*
 * As an account of a cluster; it may want a second proof. A hypervisor takes
 * its time over a wrong password.
 */
export async function signInAs(proof: Proof): Promise<Login | Challenge> {
	const answer = await call('POST', 'api/v1/login', proof, SLOW_MS);
	const more = isRecord(answer) ? answer['second_factor'] : null;

	return (more ?? answer) as Login | Challenge;
}

export async function signOut(): Promise<void> {
	await call('DELETE', 'api/v1/login');
}

export async function guests(): Promise<GuestList> {
	const answer = await call('GET', 'api/v1/guests');
	const styles = isRecord(answer) ? answer['tag_styles'] : null;

	return {
		guests: list(answer, 'guests') as Guest[],
		errors: list(answer, 'errors') as ProfileError[],
		tagStyles: (isRecord(styles) ? styles : {}) as TagStyles,
	};
}

function guestPath(id: string, rest = ''): string {
	return `api/v1/guests/${encodeURIComponent(id)}${rest}`;
}

/* One guest, looked at closely. */
export function guest(id: string): Promise<Guest> {
	return call('GET', guestPath(id)) as Promise<Guest>;
}

function jobOf(answer: unknown): Job {
	const job = isRecord(answer) ? answer['job'] : null;

	if (!isRecord(job))
		throw new Problem('internal', 0, 'The gateway\u2019s answer could ' +
			'not be read.');
	return job as unknown as Job;
}

export async function power(id: string, verb: Verb): Promise<Job> {
	return jobOf(await call('POST', guestPath(id, '/power'), { verb }));
}

export async function job(id: string): Promise<Job> {
	return jobOf(await call('GET', `api/v1/jobs/${encodeURIComponent(id)}`));
}

export async function snapshots(id: string): Promise<Snapshot[]> {
	return list(await call('GET', guestPath(id, '/snapshots'), undefined,
		SLOW_MS), 'snapshots') as Snapshot[];
}

export async function restore(id: string, name: string): Promise<Job> {
	return jobOf(await call('POST', guestPath(id,
		`/snapshots/${encodeURIComponent(name)}/restore`)));
}

export function openConsole(id: string, kind: Kind, rights: string[],
	takeOver: boolean): Promise<ConsoleGrant> {
	return call('POST', 'api/v1/consoles',
		{ guest: id, kind, rights, take_over: takeOver }) as
		Promise<ConsoleGrant>;
}

export function resumeConsole(id: string, key: string):
	Promise<ConsoleGrant> {
	return call('POST', `api/v1/consoles/${encodeURIComponent(id)}/resume`,
		{ resume: key }) as Promise<ConsoleGrant>;
}

export async function sessions(): Promise<SessionRow[]> {
	return list(await call('GET', 'api/v1/sessions'), 'sessions') as
		SessionRow[];
}

export async function endSession(id: string): Promise<void> {
	await call('DELETE', `api/v1/sessions/${encodeURIComponent(id)}`);
}

/* One round trip to the gateway, in milliseconds. */
export async function ping(limit: number): Promise<number> {
	const start = performance.now();

	await call('GET', 'api/status', undefined, limit);
	return performance.now() - start;
}
