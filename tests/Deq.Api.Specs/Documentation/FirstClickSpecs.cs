using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Documentation;

/// <summary>"Try it out" and "Execute" in the API documentation, with nothing filled in. Needs Chromium; skipped where there is none.</summary>
/// <remarks>Models are loaded and unloaded on servers with keys alone, where a visitor shows one first: those operations are asked without a browser in <see cref="FirstCallDocumentationSpecs"/>.</remarks>
public sealed class FirstClickSpecs : IAsyncLifetime
{
    /// <summary>Opens each operation, presses the two buttons and tells what came, as "POST /path 200" by line.</summary>
    private const string PressEverything = """
        (async () => {
          const wait = async find => {
            for (const end = Date.now() + 120000; Date.now() < end;) {
              const found = find();
              if (found) {
                return found;
              }
              await new Promise(resolve => setTimeout(resolve, 20));
            }
            return null;
          };
          await wait(() => document.querySelector(".opblock"));
          document.querySelectorAll(".opblock-tag-section:not(.is-open) .opblock-tag").forEach(tag => tag.click());
          const said = [];
          for (const block of [...document.querySelectorAll(".opblock")]) {
            const name = `${block.querySelector(".opblock-summary-method").textContent} ${block.querySelector(".opblock-summary-path").dataset.path}`;
            if (!block.classList.contains("is-open")) {
              block.querySelector(".opblock-summary-control").click();
            }
            (await wait(() => block.querySelector(".try-out__btn")))?.click();
            let pressed = 0;
            const status = await wait(() => {
              const execute = block.querySelector("button.execute");
              // Once is enough where the page sends: it shows that it waits for the answer, however long that takes. A press that its own check of the values turns
              // away, such as before it has taken over the examples, sends nothing and shows nothing.
              if (execute && !block.querySelector(".loading-container") && Date.now() - pressed > 5000) {
                execute.click();
                pressed = Date.now();
              }
              return block.querySelector(".live-responses-table tr.response .response-col_status");
            });
            said.push(`${name} ${status?.firstChild?.textContent ?? "nothing"}`);
            // What stays open is drawn again with every answer: the more, the slower.
            block.querySelector(".opblock-summary-control").click();
          }
          return said.join("\n");
        })()
        """;

    private readonly TemporaryFolder _trust = new();
    private ServerProcess? _server;
    private HttpClient? _client;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(
            _trust["pair.json"],
            """{ "members": [ { "name": "short", "model": "fashion-mnist", "maxEvaluations": 2 }, { "name": "long", "model": "fashion-mnist" } ] }""");
        (_server, _client) = await ServerProcess.Start(
            $"--Models:Directory={Repository.Folder("models")}", $"--Ensembles:Directory={_trust.Path}", $"--Ensembles:Database={_trust["trust.db"]}",
            "--Streams:IdleMs=3600000");
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        _trust.Dispose();
    }

    [Fact]
    public async Task Every_operation_answers_at_the_first_click()
    {
        await using Browser browser = await Browser.Open(new Uri(_client!.BaseAddress!, "/swagger/index.html"));

        string[] said = ((string)(await browser.Evaluate(PressEverything))!).Split('\n');

        Assert.True(said.Length > 10, string.Join('\n', said));
        Assert.DoesNotContain(said, line => !line[(line.LastIndexOf(' ') + 1)..].StartsWith('2'));
    }
}
