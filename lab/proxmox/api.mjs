/*
 * From a request to an answer: the format in the path, who asks, which call,
 * which node, the parameters, the errors. The calls themselves are tables in
 * calls_*.mjs:
 *
 *	method, path	'/nodes/{node}/version'
 *	params		the fields beside the path's own
 *	open		true: nobody need be signed in
 *	noToken		true: 403 for API tokens
 *	isProtected	done by pvedaemon, the privileged half
 *	onNode		done by the node in the path
 *	check(ctx)	who may; throws
 *	run(ctx)	the data; ctx = {lab, node, user, isToken, params, request}
 */
import { unescape8 } from './access.mjs';
import { calls as accessCalls } from './calls_access.mjs';
import { calls as consoleCalls } from './calls_console.mjs';
import { calls as guestCalls } from './calls_guest.mjs';
import { calls as nodeCalls } from './calls_node.mjs';
import { ApiError, BareError, failed, forbidden } from './errors.mjs';
import { NODE, VMID, checkParams, decodeBody, decodeForm, mergeParams,
	string } from './schema.mjs';
import { upgradeAnswer } from './ws.mjs';

const JSON_TYPE = 'application/json;charset=UTF-8';
const PATH_FIELDS = { node: NODE, vmid: VMID, upid: string(),
	snapname: string({ pattern: /^[a-zA-Z][\w-]*$/, length: 40,
		why: 'invalid format - value does not look like a valid ' +
			'configuration ID' }) };

function compile(call) {
	const names = [];
	const pattern = call.path.replace(/\{(\w+)\}/g, (_, name) => {
		names.push(name);
		return '([^/]+)';
	});
	const fields = Object.fromEntries(names.map((name) =>
		[name, PATH_FIELDS[name]]));

	return { ...call, names, pattern: new RegExp(`^${pattern}/?$`),
		fields: { ...fields, ...call.params } };
}

const CALLS = [...accessCalls, ...nodeCalls, ...guestCalls, ...consoleCalls]
	.map(compile);

function findCall(method, path) {
	for (const call of CALLS) {
		const found = call.method === method && call.pattern.exec(path);

		if (found)
			return { call, parts: Object.fromEntries(call.names.map(
				(name, i) => [name, found[i + 1]])) };
	}
	throw new ApiError(501, `Method '${method} ${path}' not implemented`);
}

function virtViewerFile(data) {
	return '[virt-viewer]\n' + Object.entries(data).map(
		([key, value]) => `${key}=${value}\n`).join('');
}

export class Api {
	constructor(lab) {
		this.lab = lab;
	}

	async handle(request) {
		const [rawPath, query = ''] = request.target.split(/\?(.*)/s);
		const path = unescape8(rawPath);
		const parts = /^\/api2\/([a-z]+)(\/.*)?$/.exec(path);

		if (!parts)
			return this.lab.takeFault({ method: 'GET', path,
				isPage: true }) ?? this.page(path);
		if (!['json', 'extjs', 'spiceconfig'].includes(parts[1]))
			throw new BareError(501, `no such uri '${path}'`);
		request.format = parts[1];
		request.path = parts[2] ?? '/';
		this.lab.note(request);
		const fault = this.lab.takeFault(request);

		if (fault)
			return fault;
		return this.handleCall(request, query);
	}

	page(path) {
		if (path !== '/' && path !== '/index.html')
			throw new BareError(404, `File not found`);
		return { status: 200, type: 'text/html; charset=UTF-8',
			body: '<!doctype html><title>lab - Proxmox Virtual ' +
				'Environment</title>\n' };
	}

	/* The calls that need nobody to be signed in let everybody in. */
	whoAsks(request) {
		const { method, path } = request;
		const isOpen = CALLS.some((c) => c.open && c.method === method &&
			c.pattern.test(path));
		const hasToken = /PVEAPIToken/.test(
			request.headers.authorization ?? '');

		if (!isOpen || (hasToken && !request.headers.cookie))
			return this.lab.access.identify(request);
		return { user: null, isToken: false };
	}

	async handleCall(request, query) {
		const who = this.whoAsks(request);
		const { call, parts } = findCall(request.method, request.path);
		const params = mergeParams(parts,
			{ ...decodeForm(query), ...decodeBody(request) });

		delete params._dc;
		if (who.isToken && call.noToken)
			throw forbidden(`URI '${request.path}' not available with ` +
				'API token, need proper ticket.');
		const ctx = { lab: this.lab, node: request.node, ...who, request,
			params, raw: params };

		call.check?.(ctx);
		const isForwarded = this.forward(ctx, call);

		ctx.params = checkParams(call.fields, params);
		const data = await call.run(ctx);

		return request.path.endsWith('/vncwebsocket') &&
			request.headers.upgrade ? upgradeAnswer(ctx, data) :
			this.dataAnswer(request, data, isForwarded);
	}

	/* To another node, to this node's privileged half, or neither. */
	forward(ctx, call) {
		const target = call.onNode ? this.lab.nodes.get(ctx.params.node) :
			ctx.node;

		if (!target)
			throw failed(`no such cluster node '${ctx.params.node}'`);
		if (!target.isUp || (call.isProtected && !target.hasDaemon))
			throw new BareError(595, 'Connection refused');
		ctx.at = target;
		return target !== ctx.node || Boolean(call.isProtected);
	}

	dataAnswer(request, data, isForwarded) {
		if (request.format === 'spiceconfig')
			return { status: 200, body: virtViewerFile(data), isForwarded,
				type: 'application/x-virt-viewer;charset=UTF-8' };
		const body = request.format === 'extjs' ?
			{ data, success: 1 } : { data };

		return { status: 200, isForwarded, type: JSON_TYPE,
			body: JSON.stringify(body) };
	}

	errorBody(error) {
		const body = { data: null };

		if (this.lab.isNew)
			body.message = `${error.message}\n`;
		if (error.errors)
			body.errors = error.errors;
		return body;
	}

	errorAnswer(error, format) {
		const status = error instanceof ApiError ? error.status : 500;

		if (format === 'extjs' && !error.isBare)
			return { status: 200, type: JSON_TYPE, body: JSON.stringify({
				...this.errorBody(error), message: error.message,
				success: 0, status }) };
		return { status, reason: error.message, type: JSON_TYPE,
			body: error.isBare ? '' :
				JSON.stringify(this.errorBody(error)) };
	}
}
