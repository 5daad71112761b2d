using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Page;

/// <summary>An ensemble's vote on the picture tab. Needs Chromium; skipped where there is none.</summary>
public sealed class VotesSpecs : IAsyncLifetime
{
    private readonly TemporaryFolder _models = new();
    private readonly TemporaryFolder _ensembles = new();
    private ServerProcess? _server;
    private HttpClient? _client;

    public async ValueTask InitializeAsync()
    {
        TinyBundle.Write(_models["tiny"]);
        await File.WriteAllTextAsync(
            _ensembles["pair.json"],
            """
            { "members": [
                { "name": "short", "model": "tiny", "maxEvaluations": 1, "cost": 1, "checked": { "right": 90, "wrong": 10 } },
                { "name": "long", "model": "tiny", "cost": 5, "checked": { "right": 95, "wrong": 5 } } ] }
            """);
        (_server, _client) = await ServerProcess.Start($"--Models:Directory={_models.Path}", $"--Ensembles:Directory={_ensembles.Path}", $"--Ensembles:Database={_ensembles["trust.db"]}");
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        _models.Dispose();
        _ensembles.Dispose();
    }

    [Fact]
    public async Task Shows_who_decided_how_sure_that_is_and_takes_the_truth()
    {
        await using Browser browser = await Browser.Open(new Uri(_client!.BaseAddress!, "/#picture=pair"));
        await browser.End();
        string? all = (string?)await browser.Evaluate("document.getElementById('solve').textContent");
        string? first = (string?)await browser.Evaluate("document.querySelector('#votes li.decided span').textContent");

        string? offered = (string?)await browser.Evaluate(
            "fetch('/api/v1/ensembles/pair').then(answer => answer.json()).then(pair =>"
            + " [...document.getElementById('sure').options].map(option => `${option.disabled}` === `${Number(option.value) > pair.best}`).join() + pair.best)");

        string? told = (string?)await browser.Evaluate(
            "(async () => { document.getElementById('truth-tell').click(); const said = document.getElementById('truth-said');"
            + " while (said.textContent === '') { await new Promise(resolve => setTimeout(resolve, 20)); } return said.textContent; })()");
        string? sure = (string?)await browser.Evaluate(
            "(async () => { const sure = document.getElementById('sure'); sure.value = '0.8'; sure.dispatchEvent(new Event('change')); const solve = document.getElementById('solve');"
            + " while (!solve.textContent.includes('no further member')) { await new Promise(resolve => setTimeout(resolve, 20)); } return solve.textContent; })()");

        Assert.Contains("All members have voted: 2 asked", all);
        Assert.Equal("long", first);
        Assert.Matches(@"^true,true,true,true0\.[0-9]+$", offered);
        Assert.Equal("Counted: the trust in each member has changed.", told);
        Assert.Contains("1 asked", sure);
        Assert.Equal(1, (int?)await browser.Evaluate("document.querySelectorAll('#votes li.silent').length"));
        Assert.Empty(browser.Faults);
    }
}
