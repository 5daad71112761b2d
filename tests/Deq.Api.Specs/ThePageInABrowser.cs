using System.Text.Json.Nodes;

namespace Deq.Api.Specs;

/// <summary>Needs Chromium; skipped where there is none.</summary>
public sealed class ThePageInABrowser
{
    [Fact]
    public async Task Classifies_a_drawn_picture_and_draws_the_curve_of_its_answer()
    {
        (ServerProcess server, HttpClient client) = await ServerProcess.Start($"--Models:Directory={Deq.Testing.Repository.Folder("models")}");
        await using ServerProcess running = server;
        using HttpClient own = client;
        await using Browser browser = await Browser.Open(new Uri(client.BaseAddress!, "/#picture"));

        JsonNode end = await browser.End();
        string? text = (string?)await browser.Evaluate("document.getElementById('solve').textContent");
        int? lines = (int?)await browser.Evaluate("document.getElementById('predictions').children.length");
        int? charts = (int?)await browser.Evaluate("document.querySelectorAll('#classify .uplot canvas').length");

        Assert.Empty(browser.Faults);
        Assert.Equal("done", (string?)end["state"]);
        Assert.Matches("^(Converged|Not converged) .* evaluations, residual", text);
        Assert.Equal(5, lines);
        Assert.Equal(2, charts);
    }
}
