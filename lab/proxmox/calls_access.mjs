/* /access and /version: logins, second factors, what one may. */
import { isTotp } from './access.mjs';
import { ApiError, badParams, forbidden } from './errors.mjs';
import { boolean, optional, string } from './schema.mjs';

/* Wrong user, password, factor, or disabled: deliberately not told apart. */
function refuse() {
	throw new ApiError(401, 'authentication failure');
}

function findUser({ lab, params }) {
	const name = params.realm ? `${params.username}@${params.realm}` :
		params.username;

	if (!lab.users[name]?.enable)
		refuse();
	return name;
}

function challengeOf(user) {
	const challenge = {};

	if (user.totp)
		challenge.totp = true;
	if (user.recovery)
		challenge.recovery = user.recovery.map((_, i) => i);
	if (user.webauthn)
		challenge.webauthn = { publicKey: { challenge: 'bGFi',
			rpId: 'lab.test', timeout: 60000 } };
	return Object.keys(challenge).length ? challenge : null;
}

/* `kind:answer`; a paper code works once. */
function isFactor(user, answer) {
	const [, kind, value] = /^(\w+):(.*)$/s.exec(answer) ?? [];

	if (kind === 'totp' && user.totp)
		return isTotp(user.totp, value);
	const at = kind === 'recovery' ?
		(user.recovery ?? []).indexOf(value) : -1;

	if (at < 0)
		return false;
	user.recovery.splice(at, 1);
	return true;
}

/* The rights that the web interface switches its buttons by. */
function capabilities(lab, name) {
	const groups = { vms: 'VM.', nodes: 'Sys.', dc: 'Sys.', access: 'User.',
		storage: 'Datastore.', sdn: 'SDN.', mapping: 'Mapping.' };
	const paths = Object.values(lab.access.allOf(name));

	return Object.fromEntries(Object.entries(groups).map(([key, prefix]) =>
		[key, Object.fromEntries(paths.flatMap((p) => Object.keys(p))
			.filter((right) => right.startsWith(prefix))
			.map((right) => [right, 1]))]));
}

function signedIn({ lab }, name) {
	lab.count('logins');
	return { username: name, ticket: lab.tickets.makeLogin(name),
		CSRFPreventionToken: lab.tickets.makeCsrf(name),
		cap: capabilities(lab, name),
		...lab.access.may(name, '/', 'Sys.Audit') ?
			{ clustername: lab.name } : {} };
}

function halfSignedIn({ lab }, name, challenge) {
	return { username: name, NeedTFA: 1,
		ticket: lab.tickets.makeChallenge(name, challenge),
		CSRFPreventionToken: lab.tickets.makeCsrf(name) };
}

function login(ctx) {
	const { lab, params } = ctx;
	const name = findUser(ctx);
	const user = lab.users[name];

	if (params['tfa-challenge'] !== undefined) {
		if (params.otp !== undefined)
			throw badParams({ otp: "'otp' and 'tfa-challenge' exclude " +
				'each other' });
		if (!lab.tickets.isChallengeOf(name, params['tfa-challenge']) ||
			!isFactor(user, params.password))
			refuse();
		return signedIn(ctx, name);
	}
	if (lab.tickets.readLogin(params.password) === name) {
		lab.count('renewals');
		return signedIn(ctx, name);
	}
	if (params.password !== user.password)
		refuse();
	const challenge = challengeOf(user);

	return challenge ? halfSignedIn(ctx, name, challenge) :
		signedIn(ctx, name);
}

function permissions({ lab, user, params }) {
	const who = params.userid ?? user;

	if (who !== user && !who.startsWith(`${user}!`) &&
		!lab.access.may(user, '/access', 'Sys.Audit'))
		throw forbidden('/access, Sys.Audit');
	return params.path === undefined ? lab.access.allOf(who) :
		{ [params.path]: lab.access.rightsAt(who, params.path) };
}

export const calls = [
	{ method: 'POST', path: '/access/ticket', open: true, noToken: true,
		isProtected: true, run: login, params: {
			username: string({ length: 64 }), realm: optional(string()),
			password: string(), otp: optional(string()),
			'tfa-challenge': optional(string()), privs: optional(string()),
			path: optional(string()), 'new-format': boolean } },
	// a form for people: it says nothing
	{ method: 'GET', path: '/access/ticket', open: true, noToken: true,
		run: () => null },
	{ method: 'GET', path: '/access/domains', open: true,
		run: ({ lab }) => lab.domains },
	{ method: 'GET', path: '/access/permissions', run: permissions,
		params: { userid: optional(string()), path: optional(string()) } },
	{ method: 'GET', path: '/version', run: ({ lab }) => lab.isNew ?
		{ version: '9.1.9', release: '9.1', repoid: '1ab2c3d4' } :
		{ version: '8.3.2', release: '8.3', repoid: '5e6f7a8b' } },
];
