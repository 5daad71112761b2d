using System.Text.Json.Nodes;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Page;

/// <summary>Needs Chromium; skipped where there is none.</summary>
public sealed class PageScriptSpecs
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
        await browser.Keep("picture");

        Assert.Empty(browser.Faults);
        Assert.Equal("done", (string?)end["state"]);
        Assert.Matches("^(Converged|Not converged) .* evaluations, residual", text);
        Assert.Equal(5, lines);
        Assert.Equal(2, charts);
    }

    [Fact]
    public async Task Sends_its_own_scene_to_a_warm_and_a_cold_stream_and_shows_what_they_took()
    {
        using var models = new TemporaryFolder();
        TinyFlowBundle.Write(models["flow"], new() { MostPixels = 1 << 20 });
        (ServerProcess server, HttpClient client) = await ServerProcess.Start($"--Models:Directory={models.Path}", "--Engine:Threads=1", "--Engine:RowsPerThread=1");
        await using ServerProcess running = server;
        using HttpClient own = client;
        await using Browser browser = await Browser.Open(new Uri(client.BaseAddress!, "/#frames=8&cut=5"));

        JsonNode end = await browser.End();
        string? text = (string?)await browser.Evaluate("document.getElementById('start').textContent");
        int? colours = (int?)await browser.Evaluate(
            "new Set(new Uint32Array(document.getElementById('flow').getContext('2d').getImageData(0, 0, 320, 240).data.buffer)).size");
        int? charts = (int?)await browser.Evaluate("document.querySelectorAll('#video .uplot canvas').length");
        string metrics = await client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        await browser.Keep("video");

        Assert.Empty(browser.Faults);
        Assert.Equal(("done", "Frames go by WebSocket."), ((string?)end["state"], (string?)end["note"]));
        string[] starts = ((string?)end["starts"])!.Split(',');
        Assert.Equal((8, "first", "cut"), (starts.Length, starts[0], starts[5]));
        Assert.All(starts[2..5], start => Assert.Contains(start, new[] { "warped", "residual" }));
        Assert.Equal(7, ((string?)end["warm"])!.Split(',').Count(evaluations => int.Parse(evaluations) > 0));
        Assert.Equal(7, ((string?)end["cold"])!.Split(',').Count(evaluations => int.Parse(evaluations) > 0));
        Assert.NotEmpty(text!);
        Assert.True(colours > 10, $"The flow is drawn in {colours} colours.");
        Assert.Equal(2, charts);
        Assert.Contains("0", Assert.Single(metrics.Split('\n'), line => line.StartsWith("deq_streams_open{", StringComparison.Ordinal)).Split(' '));
    }
}
