/*
 * How consoles end: one word each, the same in the log, the API and the close
 * reason. The sentence comes from the gateway; the title and what the page
 * does about it stand here.
 */
import { Problem, UNREACHABLE } from '../lib/api';

/* auto: try again by oneself; ask: by a button; never: it would not help */
export type Again = 'auto' | 'ask' | 'never';
export type Way = 'again' | 'take_over' | 'sign_in' | 'guests';

interface Rule {
	title: string;
	again: Again;
	hint?: string;
	ways?: Way[];
}

export interface End {
	word: string;
	sentence: string;
	hint: string;
	id: string;
}

const LINK_HINT = 'Ask for a new link, or sign in.';

const rules: Record<string, Rule> = {
	lost: { title: 'The connection was lost', again: 'auto' },
	[UNREACHABLE]: { title: 'The gateway does not answer', again: 'auto' },
	client_closed: { title: 'You closed this console', again: 'ask' },
	guest_closed: { title: 'The guest closed the console', again: 'auto' },
	guest_not_running: {
		title: 'The guest is not running', again: 'ask',
		hint: 'Start the guest, then open its console again.',
	},
	no_such_guest: {
		title: 'There is no such guest', again: 'never', ways: ['guests'],
	},
	no_such_console: {
		title: 'The guest has no such console', again: 'never',
		ways: ['guests'],
	},
	bad_request: { title: 'The request was not understood', again: 'ask' },
	not_signed_in: {
		title: 'You are not signed in', again: 'never', ways: ['sign_in'],
	},
	not_permitted: {
		title: 'You may not open this console', again: 'never',
		ways: ['guests', 'sign_in'],
		hint: 'Ask the one who runs this gateway for the right to it.',
	},
	login_failed: { title: 'The guest refused the login', again: 'ask' },
	link_used: {
		title: 'This link was used already', again: 'never',
		ways: ['sign_in'], hint: LINK_HINT,
	},
	link_expired: {
		title: 'This link has expired', again: 'never',
		ways: ['sign_in'], hint: LINK_HINT,
	},
	busy: {
		title: 'Somebody else has this console', again: 'ask',
		ways: ['take_over'],
		hint: 'Take it over, or wait until it is free.',
	},
	hypervisor_unreachable: {
		title: 'The hypervisor does not answer', again: 'auto',
	},
	hypervisor_refused: { title: 'The hypervisor refused', again: 'ask' },
	hypervisor_untrusted: {
		title: 'The hypervisor\u2019s certificate is not the known one',
		again: 'never', ways: ['guests'],
		hint: 'If it was renewed, the one who runs this gateway can store ' +
			'the new one. Else somebody may stand in between.',
	},
	backend_timeout: {
		title: 'The guest\u2019s console did not answer', again: 'auto',
	},
	backend_refused: {
		title: 'The guest\u2019s console refused', again: 'auto',
	},
	backend_failed: {
		title: 'The way to the guest broke', again: 'auto',
	},
	protocol_error: { title: 'The two sides did not understand each other', again: 'ask' },
	slow_reader: { title: 'This browser was too slow', again: 'auto' },
	idle: {
		title: 'Closed after a long time without input', again: 'ask',
	},
	limit: {
		title: 'Too many consoles are open', again: 'ask',
		hint: 'Close a console that you no longer need.', ways: ['guests'],
	},
	killed: { title: 'This console was ended', again: 'ask', ways: ['guests'] },
	store_unavailable: {
		title: 'The gateway cannot open consoles now', again: 'auto',
	},
	shutdown: { title: 'The gateway is restarting', again: 'auto' },
	internal: { title: 'Something went wrong in the gateway', again: 'auto' },
};

const byCode: Record<number, string> = {
	1000: 'guest_closed', 1001: 'shutdown', 1002: 'protocol_error',
	1009: 'protocol_error', 1011: 'backend_failed', 1013: 'busy',
	4400: 'bad_request', 4401: 'not_signed_in', 4403: 'not_permitted',
	4404: 'no_such_guest', 4409: 'busy', 4429: 'limit',
	4502: 'backend_failed', 4503: 'store_unavailable',
	4504: 'backend_timeout',
};

const unknown: Rule = { title: 'The console ended', again: 'ask' };

function ruleOf(word: string): Rule {
	return Object.hasOwn(rules, word) ? rules[word] ?? unknown : unknown;
}

/* From a close frame: "word: a sentence", or only the code, or nothing. */
export function endOfClose(code: number, reason: string,
	failure: string): End {
	const match = /^([a-z][a-z_]*): *(.*)$/s.exec(reason);
	const word = match?.[1] ?? byCode[code] ?? 'lost';
	const sentence = match?.[2] ?? (reason || failure ||
		(word === 'lost' ? 'The network between here and the gateway broke.' :
			''));

	return { word, sentence, hint: '', id: '' };
}

export function endOfProblem(problem: unknown): End {
	if (problem instanceof Problem) {
		return {
			word: problem.word, sentence: problem.detail,
			hint: problem.hint, id: problem.id,
		};
	}
	return {
		word: 'internal', hint: '', id: '',
		sentence: problem instanceof Error ? problem.message :
			String(problem),
	};
}

export function titleOf(end: End): string {
	return ruleOf(end.word).title;
}

export function hintOf(end: End): string {
	return end.hint || ruleOf(end.word).hint || '';
}

/* A console that was up once waits even for a guest that is off (a reboot). */
export function againAfter(end: End, wasUp: boolean): Again {
	const { again } = ruleOf(end.word);

	if (end.word === 'guest_not_running' && wasUp)
		return 'auto';
	if (again === 'auto' && !wasUp && !isNetwork(end))
		return 'ask';
	return again;
}

/* The gateway itself is out of reach: ask for it before anything else. */
export function isNetwork(end: End): boolean {
	return end.word === 'lost' || end.word === UNREACHABLE ||
		end.word === 'shutdown';
}

/* Ends that were meant, or that every other way would end with as well. */
const NO_OTHERS = new Set(['client_closed', 'killed', 'guest_not_running',
	'no_such_guest', 'not_signed_in', 'link_used', 'link_expired', 'limit',
	'store_unavailable', 'shutdown', UNREACHABLE]);

/* Would another kind of console, or the hypervisor's own page, help? */
export function othersHelp(end: End): boolean {
	return !NO_OTHERS.has(end.word);
}

export function waysOut(end: End): Way[] {
	const rule = ruleOf(end.word);
	const ways = [...rule.ways ?? []];

	if (rule.again !== 'never')
		ways.push('again');
	return ways;
}
