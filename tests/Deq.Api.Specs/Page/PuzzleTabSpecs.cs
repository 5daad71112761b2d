using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing;

namespace Deq.Api.Specs.Page;

/// <summary>The tab that solves puzzles. Needs Chromium; skipped where there is none.</summary>
public sealed class PuzzleTabSpecs(PuzzleTabSpecs.Shared shared) : IClassFixture<PuzzleTabSpecs.Shared>
{
    private const string Ended =
        "new Promise(resolve => { const look = () => ['done', 'failed'].includes(document.body?.dataset.puzzle) ? resolve(document.body.dataset.puzzle) : setTimeout(look, 20); look(); })";

    [Fact]
    public async Task Solves_a_drawn_Sudoku_and_shows_how_it_settles()
    {
        await using Browser browser = await Open("/#puzzle");

        string? end = (string?)await browser.Evaluate(Ended);
        string? answer = await Text(browser, "puzzle-answer");
        string? cells = (string?)await browser.Evaluate("[...document.querySelectorAll('#board span')].map(cell => cell.textContent).join('')");
        await browser.Keep("puzzle");
        await browser.Evaluate("(() => { const at = document.getElementById('puzzle-at'); at.value = 2; at.dispatchEvent(new Event('input')); })()");
        int? wrong = (int?)await browser.Evaluate("document.querySelectorAll('#board .wrong').length");

        Assert.Equal("done", end);
        Assert.Matches("^Settled after [0-9]+ evaluations of at most 128, .* The answer is valid[.]$", answer);
        Assert.Matches("^[1-9]{81}$", cells);
        Assert.True(wrong > 0);
        Assert.Equal(1, (int?)await browser.Evaluate("document.querySelectorAll('#puzzle-residual canvas').length"));
        Assert.Empty(browser.Faults);
    }

    [Fact]
    public async Task Takes_digits_from_the_keyboard_and_says_what_is_wrong_with_them()
    {
        await using Browser browser = await Open("/#puzzle");
        await browser.Evaluate(Ended);
        await browser.Evaluate("(() => { document.getElementById('puzzle-clear').click(); document.getElementById('board').focus(); })()");

        foreach (string key in (string[])["5", "ArrowRight", "7", "ArrowRight", "5", "Enter"])
        {
            await browser.Press(key);
        }

        Assert.Equal("failed", (string?)await browser.Evaluate(Ended));
        Assert.Equal("575", (string?)await browser.Evaluate("[...document.querySelectorAll('#board span')].map(cell => cell.textContent).join('')"));
        Assert.Contains("twice in a row", await Text(browser, "puzzle-note"));
    }

    [Fact]
    public async Task Paints_a_maze_and_marks_its_way()
    {
        await using Browser browser = await Open("/#puzzle=maze");
        await browser.Evaluate(Ended);
        await browser.Evaluate(
            """
            (() => {
              const [board, data] = [document.getElementById("board"), new DataTransfer()];
              data.setData("text", "#######\n#S    #\n##### #\n#    G#\n#######");
              board.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
              document.querySelector('#pens [data-pen="G"]').click();
              const place = document.getElementById("place-22").getBoundingClientRect();
              board.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, clientX: place.x + 5, clientY: place.y + 5 }));
              window.dispatchEvent(new PointerEvent("pointerup"));
              document.getElementById("puzzle-solve").click();
            })()
            """);

        Assert.Equal("done", (string?)await browser.Evaluate(Ended));
        Assert.Equal("SoooooGoooo", (string?)await browser.Evaluate(
            "[...document.querySelectorAll('#board span:not(.wall)')].map(cell => cell.textContent).join('')"));
        Assert.Contains("The answer is valid.", await Text(browser, "puzzle-answer"));
        Assert.Empty(browser.Faults);
    }

    [Fact]
    public async Task Takes_nine_lines_of_nine_and_nothing_that_is_empty()
    {
        await using Browser browser = await Open("/#puzzle");
        await browser.Evaluate(Ended);

        string? shown = (string?)await browser.Evaluate(
            Paste(@"530070000\r\n600195000\r\n098000060\r\n800060003\r\n400803001\r\n700020006\r\n060000280\r\n000419005\r\n000080079\r\n", "", @"\r\n")
            + "[document.querySelectorAll('#board span').length, [...document.querySelectorAll('#board .given')].map(cell => cell.textContent).join('')].join()");
        await browser.Evaluate("document.getElementById('puzzle-clear').click()");

        Assert.Equal("81,537619598686348317266284195879", shown);
        Assert.Equal(0, (int?)await browser.Evaluate("document.querySelectorAll('#board .given').length"));
        Assert.Empty(browser.Faults);
    }

    [Fact]
    public async Task Fills_up_the_lines_of_a_maze_that_an_editor_has_trimmed()
    {
        await using Browser browser = await Open("/#puzzle=maze");
        await browser.Evaluate(Ended);

        int? places = (int?)await browser.Evaluate(Paste(@"#####\r\n#S\r\n#  G#\r\n#####\r\n") + "document.querySelectorAll('#board span').length");
        int? walls = (int?)await browser.Evaluate("document.querySelectorAll('#board .wall').length");

        Assert.Equal((20, 13), (places, walls));
        Assert.Empty(browser.Faults);
    }

    [Fact]
    public async Task Has_as_many_pens_in_each_row_on_screens_of_any_width()
    {
        await using Browser browser = await Open("/#puzzle");
        await browser.Evaluate(Ended);

        foreach ((int width, string rows) in new[] { (320, "5,5"), (390, "5,5"), (1200, "10") })
        {
            await browser.Resize(width, 1000);
            string? found = (string?)await browser.Evaluate(
                "(() => { const tops = [...document.getElementById('pens').children].map(pen => pen.offsetTop);"
                + " return [...new Set(tops)].map(top => tops.filter(each => each === top).length).join(); })()");
            await browser.Keep($"pens-{width}");

            Assert.Equal((width, rows), (width, found));
        }
    }

    /// <summary>Pastes texts onto the board, one after the other; each as it stands within a literal of JavaScript.</summary>
    private static string Paste(params string[] texts) => string.Concat(texts.Select(text =>
        $"(() => {{ const data = new DataTransfer(); data.setData('text', '{text}');"
        + " document.getElementById('board').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data })); })();\n"));

    private static async Task<string?> Text(Browser browser, string id) => (string?)await browser.Evaluate($"document.getElementById('{id}').textContent");

    private Task<Browser> Open(string path) => Browser.Open(new Uri(shared.Address!, path));

    /// <summary>One server for all: what one visitor solves changes nothing for the next.</summary>
    public sealed class Shared : IAsyncLifetime
    {
        private ServerProcess? _server;

        public Uri? Address { get; private set; }

        public async ValueTask InitializeAsync()
        {
            (_server, HttpClient client) = await ServerProcess.Start($"--Models:Directory={Repository.Folder("models")}");
            Address = client.BaseAddress;
            client.Dispose();
        }

        public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
