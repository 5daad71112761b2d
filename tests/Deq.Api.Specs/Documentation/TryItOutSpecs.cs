using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Documentation;

/// <summary>What "Try it out" in the API documentation sends of what a visitor has entered. Needs Chromium; skipped where there is none.</summary>
public sealed class TryItOutSpecs(PageServer server) : IClassFixture<PageServer>
{
    private const string Ready = "new Promise(resolve => { const look = () => document.querySelector('.opblock') ? resolve() : setTimeout(look, 20); look(); })";

    /// <summary>The body that is sent for one that was entered: its text, or its file's name.</summary>
    private const string Sends = """
        const sends = async (path, body, type = "application/json") => {
          const request = await window.deqRequest({ url: location.origin + path, method: "POST", headers: { "Content-Type": type }, body });
          return request.body instanceof File ? request.body.name : request.body;
        };
        """;

    [Fact]
    public async Task Sends_what_was_entered_right_or_wrong()
    {
        await using Browser browser = await Open();

        string? changed = (string?)await browser.Evaluate($$"""
            (async () => {
              {{Sends}}
              const texts = [
                ["/v2/models/tiny-flow/infer", '{"inputs":[{"name":"frames","datatype":"FP32","shape":[1,6,9,9],"data":[0]}]}'],
                ["/v2/models/tiny-flow/infer", "{no JSON"],
                ["/api/v1/models/tiny/classify", '{"imageUrl":"https://pictures.example/boot.png"}'],
                ["/api/v1/models/tiny/classify", '{"imageURL":"https://pictures.example/boot.png"}'],
                ["/api/v1/models/tiny/reason", '{"input":"0110"}'],
                ["/api/v1/models/tiny/reason", "{no JSON"],
                ["/api/v1/ensembles/pair/feedback", '{"answer":"a","label":"boot"}'],
              ];
              const changed = [];
              for (const [path, text] of texts) {
                changed.push(await sends(path, text) === text ? null : `${path} ${text}`);
              }
              const own = new File(["own"], "own.png", { type: "image/png" });
              for (const path of ["/api/v1/models/tiny/reconstruct", "/api/v1/models/tiny/classify", "/api/v1/streams/other/frames", "/v2/models/tiny-flow/infer"]) {
                changed.push(await sends(path, own, "image/png") === "own.png" ? null : path);
              }
              return changed.filter(Boolean).join("\n");
            })()
            """);

        Assert.Equal("", changed);
    }

    [Fact]
    public async Task Fills_in_what_was_left_untouched()
    {
        await using Browser browser = await Open();

        string? filled = (string?)await browser.Evaluate($$"""
            (async () => {
              {{Sends}}
              const { paths } = await (await fetch("/swagger/v1/swagger.json")).json();
              const { example } = paths["/v2/models/{model}/infer"].post.requestBody.content["application/json"];
              const filled = [];
              for (const body of [JSON.stringify(example, null, 2), "", undefined]) {
                filled.push(JSON.parse(await sends("/v2/models/tiny-flow/infer", body)).inputs[0].data.every(value => value === 0));
              }
              filled.push(await sends("/api/v1/models/tiny/classify", '{"imageUrl":"string"}'), await sends("/api/v1/models/tiny/classify", undefined, "image/png"));
              const form = await sends("/api/v1/models/tiny/reconstruct", undefined, "image/png");
              return [...filled, form.get("image").name].join();
            })()
            """);

        Assert.Equal("true,true,true,ankle-boot.png,ankle-boot.png,ankle-boot.png", filled);
    }

    [Fact]
    public async Task Opens_another_sample_stream_once_the_last_is_gone()
    {
        await using Browser browser = await Open();

        string? streams = (string?)await browser.Evaluate(
            """
            (async () => {
              const url = async () => (await window.deqRequest({ url: `${location.origin}/api/v1/streams/sample-stream`, method: "GET", headers: {} })).url;
              const first = await url();
              window.deqResponse({ url: first, status: 200 });
              window.deqResponse({ url: `${location.origin}/api/v1/streams/other`, status: 404 });
              const second = await url();
              window.deqResponse({ url: first, status: 404 });
              const third = await url();
              return [first.includes("undefined"), second === first, third === first].join();
            })()
            """);

        Assert.Equal("false,true,false", streams);
    }

    private async Task<Browser> Open()
    {
        Browser browser = await server.Open("/swagger/index.html");
        await browser.Evaluate(Ready);
        return browser;
    }
}
