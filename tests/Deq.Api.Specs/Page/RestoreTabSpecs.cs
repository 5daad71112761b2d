using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Page;

/// <summary>The tab that restores pictures, with answers that the spec gives. Needs Chromium; skipped where there is none.</summary>
public sealed class RestoreTabSpecs(PageServer server) : IClassFixture<PageServer>
{
    /// <summary>A tab whose server restores any picture to a white one, and what a visitor does with it.</summary>
    private const string Begin = """
        const { RestoreTab } = await import("/page/restore.js");
        const by = id => document.getElementById(id);
        const pause = () => new Promise(resolve => setTimeout(resolve, 0));
        const drop = name => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(["no picture"], name));
          by("restore-drop").dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
        };
        const white = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
        white.getContext("2d").fillStyle = "#fff";
        white.getContext("2d").fillRect(0, 0, 8, 8);
        const result = {
          png: white.toDataURL("image/png").split(",")[1], residuals: [1, 0.1], energies: [2, 1], solves: [{ converged: true, spentMs: 1 }],
          restoration: { evaluations: 2, sigma: 25, sigmaEstimated: true, misfit: 3, uniqueness: "unique" },
        };
        const answer = `event: result\ndata: ${JSON.stringify(result)}\n\n`;
        const tab = new RestoreTab([{ name: "restore" }]);
        """;

    [Fact]
    public async Task Shows_no_earlier_result_under_an_error()
    {
        await using Browser browser = await server.OpenStill();

        string? shown = (string?)await browser.Evaluate($$"""
            (async () => {
              {{Begin}}
              const answers = [answer, 'event: problem\ndata: {"detail":"No room.","status":503}\n\n', answer];
              window.fetch = async () => new Response(answers.shift());
              const look = () => [
                by("restore-sentence").textContent.length > 0, document.querySelectorAll("#restore .uplot").length,
                by("restore-after").getContext("2d").getImageData(0, 0, 1, 1).data[3], by("restore-note").textContent,
              ].join();
              const looks = [];
              await tab.drawHarbour();
              looks.push(look());
              await tab.ask();
              looks.push(look());
              await tab.ask();
              looks.push(look());
              drop("paper.pdf");
              while (!by("restore-note").classList.contains("fault")) {
                await pause();
              }
              return [...looks, look()].join("|");
            })()
            """);

        Assert.Equal("true,2,255,|false,0,0,No room.|true,2,255,|false,0,0,The browser cannot read this picture.", shown);
    }

    [Fact]
    public async Task Keeps_an_error_when_an_earlier_solve_ends()
    {
        await using Browser browser = await server.OpenStill();

        string? note = (string?)await browser.Evaluate($$"""
            (async () => {
              {{Begin}}
              let end = null;
              window.fetch = (_, { signal }) => new Promise((resolve, reject) => {
                end = () => resolve(new Response(answer));
                signal.addEventListener("abort", () => reject(signal.reason));
              });
              const solving = tab.drawHarbour();
              while (end === null) {
                await pause();
              }
              drop("paper.pdf");
              while (!by("restore-note").classList.contains("fault")) {
                await pause();
              }
              end();
              await solving;
              return by("restore-note").textContent;
            })()
            """);

        Assert.Equal("The browser cannot read this picture.", note);
    }

    [Fact]
    public async Task Keeps_the_newest_picture_however_long_an_older_one_takes_to_decode()
    {
        await using Browser browser = await server.OpenStill();

        string? names = (string?)await browser.Evaluate($$"""
            (async () => {
              {{Begin}}
              window.fetch = () => new Promise(() => {});
              const decoded = {};
              window.createImageBitmap = file => new Promise(resolve => decoded[file.name] = () => resolve(white));
              drop("older.png");
              drop("newer.png");
              decoded["newer.png"]();
              decoded["older.png"]();
              await pause();
              const dropped = by("restore-name").textContent;
              drop("slow.png");
              tab.drawHarbour();
              decoded["slow.png"]();
              await pause();
              return [dropped, by("restore-name").textContent].join();
            })()
            """);

        Assert.Equal("newer.png,A drawn harbour", names);
    }
}
