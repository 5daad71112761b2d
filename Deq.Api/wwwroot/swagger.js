// What "Try it out" sends where nothing was chosen: sample pictures, and a stream that is opened for it. A plain script, since the documentation's page loads it so.
(() => {
  const SAMPLE_STREAM = "sample-stream";
  const sample = async name => new File([await (await fetch(`/page/samples/${name}`)).blob()], name, { type: "image/png" });
  const isFile = value => value instanceof Blob && value.size > 0;
  const isJson = request => request.headers["Content-Type"] === "application/json";

  // The document's examples of JSON bodies, by the last part of the path.
  const examples = {};
  let stream = null;
  let frames = 0;

  async function streamId() {
    if (!stream) {
      const answer = await fetch("/api/v1/streams", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ model: await flowModel() }) });
      stream = (await answer.json()).id;
    }
    return stream;
  }

  async function flowModel() {
    const { models } = await (await fetch("/api/v1/models")).json();
    return models.find(model => model.task === "optical-flow")?.name;
  }

  // Null where the text is no JSON: that is sent as it is, and the server says what is wrong with it.
  function parsed(text) {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  }

  // What the page writes where an operation has no example: "string" for every text.
  const isExample = (body, member) => !body || JSON.stringify(parsed(body)?.[member] ?? null).includes('"string"');

  async function vote(path) {
    return (await fetch(path, { method: "POST", headers: { "Content-Type": "image/png" }, body: await sample("ankle-boot.png") })).json();
  }

  // The example's question is one of bits: another model gets the first of these that is one of its questions.
  async function question(request) {
    const asked = parsed(request.body);
    if (!asked || asked.input !== examples.reason?.input) {
      return request;
    }
    const bodies = [asked.input, "#####\n#S G#\n#####", ".".repeat(81)].map(input => JSON.stringify({ ...asked, input }));
    for (const body of bodies) {
      const { ok } = await fetch(request.url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...JSON.parse(body), maxEvaluations: 1 }) });
      if (ok) {
        request.body = body;
        break;
      }
    }
    return request;
  }

  // Zeros in the shapes that the model's metadata tells, where the body is empty or still the document's example.
  async function tensors(request, pathname) {
    const isOwn = isJson(request) && request.body?.trim() && JSON.stringify(parsed(request.body)) !== JSON.stringify(examples.infer);
    if (isOwn || isFile(request.body)) {
      return request;
    }
    const { inputs } = await (await fetch(pathname.replace(/\/infer$/, ""))).json();
    const size = (extent, place) => (extent > 0 ? extent : place === 0 ? 1 : 64);
    const filled = inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape: shape.map(size), data: new Array(shape.map(size).reduce((a, b) => a * b, 1)).fill(0) }));
    request.body = JSON.stringify({ inputs: filled });
    request.headers["Content-Type"] = "application/json";
    return request;
  }

  // Only for this page: a body that is left out is filled in below, so the page must not insist on it.
  function loosen(document) {
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const operation of Object.values(operations)) {
        for (const parameter of operation.parameters ?? []) {
          if (parameter.name === "id") {
            Object.assign(parameter, { example: SAMPLE_STREAM, description: `${parameter.description} ${SAMPLE_STREAM} opens one.` });
          }
        }
        if (operation.requestBody) {
          examples[path.split("/").pop()] = operation.requestBody.content["application/json"]?.example;
          operation.requestBody.required = false;
          for (const { schema } of Object.values(operation.requestBody.content)) {
            delete schema?.required;
          }
        }
      }
      if (path.endsWith("/ws")) {
        delete document.paths[path];
      }
    }
  }

  window.deqResponse = response => {
    if (response.status === 404 && stream && response.url.includes(stream)) {
      // Closed by the server, as it lay idle.
      stream = null;
    }
    if (response.url.endsWith("/swagger.json")) {
      const document = JSON.parse(response.text);
      loosen(document);
      response.text = response.data = JSON.stringify(document);
      response.body = response.obj = document;
    }
    return response;
  };

  window.deqRequest = async request => {
    if (request.loadSpec || !/\/(api\/v1|v2)\//.test(request.url)) {
      return request;
    }
    const { pathname } = new URL(request.url, location.href);
    if (pathname.startsWith("/v2/")) {
      return pathname.endsWith("/infer") ? tensors(request, pathname) : request;
    }
    if (request.method === "POST" && pathname.endsWith("/feedback") && isExample(request.body, "answer")) {
      const { answer, label } = await vote(pathname.replace(/feedback$/, "classify"));
      const own = parsed(request.body)?.label ?? "string";
      request.body = JSON.stringify({ answer, label: own === "string" ? label : own });
    } else if (request.method === "PUT" && pathname.endsWith("/trust") && isExample(request.body, "members")) {
      request.body = await (await fetch(pathname)).text();
    }
    if (pathname.includes(`/${SAMPLE_STREAM}`)) {
      request.url = request.url.replace(SAMPLE_STREAM, await streamId());
      stream = request.method === "DELETE" ? null : stream;
    }
    if (request.method !== "POST") {
      return request;
    }
    if (pathname.endsWith("/reason") && typeof request.body === "string" && isJson(request)) {
      return question(request);
    }
    if (isFile(request.body) || (isJson(request) && !isExample(request.body, "imageUrl"))) {
      return request;
    }
    const parts = { flow: { frame1: "drawn-1.png", frame2: "drawn-2.png" }, restore: { image: "drawn-1.png" }, reconstruct: { image: "ankle-boot.png" } }[pathname.split("/").pop()];
    if (parts) {
      const form = request.body instanceof FormData ? request.body : new FormData();
      for (const [field, name] of Object.entries(parts)) {
        if (!isFile(form.get(field))) {
          form.set(field, await sample(name));
        }
      }
      request.body = form;
      delete request.headers["Content-Type"];
    } else if (/\/(classify|probe|frames)$/.test(pathname) && !(request.body instanceof FormData)) {
      request.body = await sample(pathname.endsWith("/frames") ? `drawn-${1 + (frames++ % 2)}.png` : "ankle-boot.png");
      request.headers["Content-Type"] = "image/png";
    }
    return request;
  };
})();
