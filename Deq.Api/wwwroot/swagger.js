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
    if (request.loadSpec || !request.url.includes("/api/v1/")) {
      return request;
    }
    const { pathname } = new URL(request.url, location.href);
    if (pathname.includes(`/${SAMPLE_STREAM}`)) {
      request.url = request.url.replace(SAMPLE_STREAM, await streamId());
      stream = request.method === "DELETE" ? null : stream;
    }
    if (request.method !== "POST") {
      return request;
    }
    if (pathname.endsWith("/flow")) {
      const form = request.body instanceof FormData ? request.body : new FormData();
      for (const [field, name] of [["frame1", "drawn-1.png"], ["frame2", "drawn-2.png"]]) {
        if (!isFile(form.get(field))) {
          form.set(field, await sample(name));
        }
      }
      request.body = form;
      delete request.headers["Content-Type"];
    } else if ((pathname.endsWith("/classify") || pathname.endsWith("/frames")) && !isFile(request.body) && !(request.body instanceof FormData)) {
      request.body = await sample(pathname.endsWith("/classify") ? "ankle-boot.png" : `drawn-${1 + (frames++ % 2)}.png`);
      request.headers["Content-Type"] = "image/png";
    }
    return request;
  };
})();
