using System.Text.Json.Nodes;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;

namespace Deq.Api.Specs.Page;

/// <summary>What a visitor does on the page. Needs Chromium; skipped where there is none.</summary>
public sealed class PageVisitSpecs : IAsyncLifetime
{
    /// <summary>Records a pan of 0.8 pixels a frame and gives it to the page as a file, then waits for the end of its run.</summary>
    private const string PlayAPan = """
        (async () => {
          const [canvas, wall] = [document.createElement("canvas"), document.createElement("canvas")];
          [canvas.width, canvas.height, wall.width, wall.height] = [160, 120, 512, 256];
          const paint = wall.getContext("2d");
          for (let i = 0; i < 900; i++) {
            paint.fillStyle = `hsl(${(i * 47) % 360}, 60%, ${30 + (i * 13) % 50}%)`;
            paint.fillRect((i * 97) % 512, (i * 53) % 256, 10 + (i * 7) % 30, 10 + (i * 11) % 30);
          }
          const [track] = canvas.captureStream(0).getVideoTracks();
          const recorder = new MediaRecorder(new MediaStream([track]), { mimeType: "video/webm;codecs=vp8", videoBitsPerSecond: 5e6 });
          const parts = [];
          recorder.ondataavailable = event => parts.push(event.data);
          recorder.start();
          for (let i = 0; i < 12; i++) {
            canvas.getContext("2d").drawImage(wall, -20 - i * 0.8, -20);
            track.requestFrame();
            await new Promise(resolve => setTimeout(resolve, 42));
          }
          const stopped = new Promise(resolve => recorder.onstop = resolve);
          recorder.stop();
          await stopped;
          const choice = new DataTransfer();
          choice.items.add(new File(parts, "pan.webm", { type: "video/webm" }));
          const input = document.getElementById("video-file");
          input.files = choice.files;
          input.dispatchEvent(new Event("change"));
          const note = document.getElementById("video-note");
          while (!/ended|cannot|does not/.test(note.textContent)) {
            await new Promise(resolve => setTimeout(resolve, 20));
          }
          return `${note.textContent}|${document.getElementById("start").textContent}|${document.getElementById("motion").textContent}`;
        })()
        """;

    private readonly TemporaryFolder _models = new();
    private ServerProcess? _server;
    private HttpClient? _client;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        TinyFlowBundle.Write(_models["flow"], new() { MostPixels = 1 << 20 });
        TinyBundle.Write(_models["tiny"]);
        (_server, _client) = await ServerProcess.Start($"--Models:Directory={_models.Path}", "--Engine:Threads=1", "--Engine:RowsPerThread=1");
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        _models.Dispose();
    }

    [Fact]
    public async Task Begins_with_three_frames_by_itself()
    {
        await using Browser browser = await Open("/");

        JsonNode end = await browser.End();

        Assert.Equal(("done", "3 frames done. Press Start for more."), ((string?)end["state"], (string?)end["note"]));
        Assert.Equal(2, ((string?)end["warm"])!.Split(',').Length);
        Assert.Empty(browser.Faults);
    }

    [Fact]
    public async Task Seeks_a_video_frame_by_frame_so_that_it_stays_a_smooth_pan()
    {
        await using Browser browser = await Open("/#still");
        await Ready(browser);

        string first = (string)(await browser.Evaluate(PlayAPan))!;
        string second = (string)(await browser.Evaluate(PlayAPan))!;

        foreach (string[] run in new[] { first.Split('|'), second.Split('|') })
        {
            Assert.Matches("^The video has ended after [1-9][0-9]* frames[.]$", run[0]);
            Assert.DoesNotContain("jumped", run[1], StringComparison.Ordinal);
        }

        Assert.Empty(browser.Faults);
    }

    [Fact]
    public async Task Leaves_no_stream_open_however_often_it_is_loaded_anew()
    {
        await using Browser browser = await Open("/#frames=100000");
        for (int reload = 0; reload < 10; reload++)
        {
            await browser.Evaluate(
                "new Promise(resolve => { const look = () => document.getElementById('warm-evaluations')?.textContent > 0 ? resolve() : setTimeout(look, 20); look(); })");
            await browser.Reload();
        }

        await browser.Evaluate("new Promise(resolve => { const look = () => document.getElementById('frame-index')?.textContent > 0 ? resolve() : setTimeout(look, 20); look(); })");
        string metrics = await _client!.GetStringAsync("/metrics", Cancellation);

        string open = Assert.Single(metrics.Split('\n'), line => line.StartsWith("deq_streams_open{", StringComparison.Ordinal));
        Assert.Equal("2", open.Split(' ')[1]);
    }

    [Fact]
    public async Task Changes_tabs_by_arrow_keys()
    {
        await using Browser browser = await Open("/#still");
        await Ready(browser);
        await browser.Evaluate("document.getElementById('tab-video').focus()");

        await browser.Press("ArrowRight");
        string? right = (string?)await browser.Evaluate("document.activeElement.id + document.getElementById('classify').hidden + document.getElementById('tab-video').tabIndex");
        await browser.Press("ArrowLeft");
        string? left = (string?)await browser.Evaluate("document.activeElement.id + document.getElementById('classify').hidden + document.getElementById('tab-video').tabIndex");

        Assert.Equal(("tab-classifyfalse-1", "tab-videotrue0"), (right, left));
    }

    [Fact]
    public async Task Has_the_links_of_its_foot_within_a_screen_of_375_pixels()
    {
        await using Browser browser = await Open("/#still");
        await Ready(browser);
        await browser.Resize(375, 800);

        string? within = (string?)await browser.Evaluate(
            "[...document.querySelectorAll('footer a')].map(link => link.getBoundingClientRect()).map(place => place.width > 0 && place.left >= 0 && place.right <= innerWidth).join()");

        Assert.Equal("true,true", within);
    }

    [Fact]
    public async Task Shows_no_earlier_answer_under_an_error()
    {
        await using Browser browser = await Open("/#picture");
        await browser.End();
        int? before = (int?)await browser.Evaluate("document.getElementById('predictions').children.length");

        string? note = (string?)await browser.Evaluate(
            """
            (async () => {
              const choice = new DataTransfer();
              choice.items.add(new File(["no picture"], "README.md", { type: "text/markdown" }));
              const input = document.getElementById("picture-file");
              input.files = choice.files;
              input.dispatchEvent(new Event("change"));
              const note = document.getElementById("classify-note");
              while (note.textContent === "") {
                await new Promise(resolve => setTimeout(resolve, 20));
              }
              return note.textContent;
            })()
            """);
        int? after = (int?)await browser.Evaluate("document.getElementById('predictions').children.length + document.querySelectorAll('#classify .uplot').length");

        Assert.True(before > 0);
        Assert.Equal(("The browser cannot read this picture.", 0), (note, after));
    }

    [Fact]
    public async Task Shows_the_newest_picture_however_long_an_older_one_takes_to_decode()
    {
        await using Browser browser = await Open("/#still");
        await Ready(browser);

        string? names = (string?)await browser.Evaluate(
            """
            (async () => {
              const [name, decoded] = [document.getElementById("picture-name"), {}];
              window.createImageBitmap = file => new Promise(resolve => decoded[file.name] = () => resolve(document.createElement("canvas")));
              const drop = file => {
                const dataTransfer = new DataTransfer();
                dataTransfer.items.add(new File(["no picture"], file, { type: "image/png" }));
                document.getElementById("picture-drop").dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
              };
              const pause = () => new Promise(resolve => setTimeout(resolve, 0));
              drop("older.png");
              drop("newer.png");
              decoded["newer.png"]();
              decoded["older.png"]();
              await pause();
              const dropped = name.textContent;
              drop("slow.png");
              document.getElementById("sample").click();
              decoded["slow.png"]();
              await pause();
              return [dropped, name.textContent].join();
            })()
            """);

        Assert.Equal("newer.png,A drawn boot", names);
    }

    [Fact]
    public async Task Begins_without_ensembles_where_they_cannot_be_listed()
    {
        await using Browser browser = await Open("/#still");
        await Ready(browser);

        string? state = (string?)await browser.Evaluate(
            """
            (async () => {
              const other = window.fetch;
              window.fetch = (path, options) => (path === "/api/v1/ensembles" ? Promise.resolve(new Response("{}", { status: 503 })) : other(path, options));
              document.body.dataset.state = "loading";
              await import("/page/app.js?again");
              while (document.body.dataset.state === "loading") {
                await new Promise(resolve => setTimeout(resolve, 20));
              }
              return document.body.dataset.state;
            })()
            """);

        Assert.Equal("ready", state);
    }

    private static Task<JsonNode?> Ready(Browser browser) => browser.Evaluate(
        "new Promise(resolve => { const look = () => document.body?.dataset.state === 'ready' ? resolve() : setTimeout(look, 20); look(); })");

    private Task<Browser> Open(string path) => Browser.Open(new Uri(_client!.BaseAddress!, path));
}
