// What "Try it out" sends where nothing was chosen: sample pictures, and a stream that is opened for it. A plain script, since the documentation's page loads it so.
(() => {
  const SAMPLE_STREAM = "sample-stream";
  const sample = async name => new File([await (await fetch(`/page/samples/${name}`)).blob()], name, { type: "image/png" });
  const isFile = value => value instanceof Blob && value.size > 0;
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

  // What the page writes where an operation has no example: "string" for every text.
  const isExample = (body, member) => !body || JSON.stringify(JSON.parse(body)[member] ?? "string").includes('"string"');

  async function vote(path) {
    return (await fetch(path, { method: "POST", headers: { "Content-Type": "image/png" }, body: await sample("ankle-boot.png") })).json();
  }

  // The example's question is one of bits: another model gets the first of these that is one of its questions.
  async function question(request) {
    const asked = JSON.parse(request.body);
    const bodies = [asked.input, "#####\n#S G#\n#####", ".".repeat(81)].map(input => JSON.stringify({ ...asked, input }));
    for (const body of /^[01]+$/.test(asked.input) ? bodies : []) {
      const { ok } = await fetch(request.url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...JSON.parse(body), maxEvaluations: 1 }) });
      if (ok) {
        request.body = body;
        break;
      }
    }
    return request;
  }

  // Zeros in the shapes that the model's metadata tells, unless the body names tensors of that model.
  async function tensors(request, pathname) {
    const { inputs } = await (await fetch(pathname.replace(/\/infer$/, ""))).json();
    const asked = typeof request.body === "string" ? JSON.parse(request.body).inputs ?? [] : [];
    const size = (extent, place) => (extent > 0 ? extent : place === 0 ? 1 : 64);
    const filled = inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape: shape.map(size), data: new Array(shape.map(size).reduce((a, b) => a * b, 1)).fill(0) }));
    const fits = asked.length === inputs.length && filled.every(({ name, shape }) => asked.some(each => each.name === name && String(each.shape) === String(shape)));
    request.body = fits ? request.body : JSON.stringify({ inputs: filled });
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
      request.body = JSON.stringify({ answer, label });
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
    if (pathname.endsWith("/reason") && typeof request.body === "string" && request.headers["Content-Type"] === "application/json") {
      return question(request);
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
    } else if (/\/(classify|probe|frames)$/.test(pathname) && !isFile(request.body) && !(request.body instanceof FormData)) {
      request.body = await sample(pathname.endsWith("/frames") ? `drawn-${1 + (frames++ % 2)}.png` : "ankle-boot.png");
      request.headers["Content-Type"] = "image/png";
    }
    return request;
  };
})();
