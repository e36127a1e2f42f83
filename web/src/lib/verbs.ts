/* What can be done to a guest: the words for it, and what is asked before. */
import type { IconName } from './icons';
import type { Verb } from './types';

interface VerbInfo {
	label: string;
	icon: IconName;
	doing: string;
	done: string;
	danger?: boolean; /* what is not saved is lost */
	ask?: string;     /* told before; without it nothing is asked */
}

export const verbs: Record<Verb, VerbInfo> = {
	start: {
		label: 'Start', icon: 'play', doing: 'Starting', done: 'started',
	},
	resume: {
		label: 'Resume', icon: 'play', doing: 'Resuming', done: 'resumed',
	},
	shutdown: {
		label: 'Shut down', icon: 'power', doing: 'Shutting down',
		done: 'shut down',
		ask: 'Its system is asked to shut down, as by its power button.',
	},
	reboot: {
		label: 'Reboot', icon: 'retry', doing: 'Rebooting',
		done: 'rebooted',
		ask: 'Its system is asked to shut down and starts again.',
	},
	suspend: {
		label: 'Suspend', icon: 'pause', doing: 'Suspending',
		done: 'suspended',
	},
	reset: {
		label: 'Reset', icon: 'bolt', doing: 'Resetting', done: 'reset',
		danger: true,
		ask: 'As by its reset button: what its programs have not saved ' +
			'is lost.',
	},
	stop: {
		label: 'Stop', icon: 'square', doing: 'Stopping', done: 'stopped',
		danger: true,
		ask: 'As by pulling the plug: what its programs have not saved ' +
			'is lost.',
	},
};

export const verbOrder = Object.keys(verbs) as Verb[];

export function isVerb(word: string): word is Verb {
	return Object.hasOwn(verbs, word);
}

/* "Shutting down", "Reverting": of a job. */
export function doingOf(what: string): string {
	return isVerb(what) ? verbs[what].doing : 'Going back to the snapshot';
}

/* "web1 was shut down" */
export function doneOf(what: string, name: string): string {
	return isVerb(what) ? `${name} was ${verbs[what].done}` :
		`${name} went back to the snapshot`;
}
