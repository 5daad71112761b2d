using System.Text.Json.Nodes;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Page;

/// <summary>The tab that estimates motion, and its streams. Needs Chromium; skipped where there is none.</summary>
public sealed class VideoTabSpecs(PageServer server) : IClassFixture<PageServer>
{
    [Fact]
    public async Task Compares_over_the_frames_that_started_warm()
    {
        await using Browser browser = await server.OpenStill();

        string? shown = (string?)await browser.Evaluate(
            """
            (async () => {
              const { Readout } = await import("/page/readout.js");
              const readout = new Readout();
              readout.clear(32, 32);
              const run = { first: 1, history: { warm: [], cold: [], warmMs: [], coldMs: [], starts: [], isWarm: [] } };
              const text = () => `${document.getElementById("means").textContent}, ${document.getElementById("milliseconds").textContent}`;
              const shown = [];
              for (const [index, evaluations] of [0, 40, 10, 12].entries()) {
                const answer = count => ({ index, warm: index > 1, coldReason: index > 1 ? null : "first", residuals: [], flow: null, scale: 1, solve: count && { evaluations: count } });
                await readout.show(run, { result: answer(evaluations), picture: null }, { result: answer(2 * evaluations) }, [evaluations, 3 * evaluations]);
                shown.push(text());
              }
              return [...shown, run.history.warm.join(" ")].join("|");
            })()
            """);

        Assert.Equal("–, –|– / –, – / –|10.0 / 20.0, 10 / 30|11.0 / 22.0, 11 / 33|40 10 12", shown);
    }

    [Fact]
    public async Task Refuses_a_file_of_sound_alone()
    {
        await using Browser browser = await server.OpenStill();

        string? played = (string?)await browser.Evaluate(
            """
            (async () => {
              const view = new DataView(new ArrayBuffer(44 + 8000));
              const write = (at, text) => [...text].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
              [[0, "RIFF"], [8, "WAVE"], [12, "fmt "], [36, "data"]].forEach(([at, text]) => write(at, text));
              [[4, 8036], [16, 16], [24, 8000], [28, 8000], [40, 8000]].forEach(([at, value]) => view.setUint32(at, value, true));
              [[20, 1], [22, 1], [32, 1], [34, 8]].forEach(([at, value]) => view.setUint16(at, value, true));
              const file = new File([view], "tone.wav", { type: "audio/wav" });
              const sound = new Audio(URL.createObjectURL(file));
              await new Promise((resolve, reject) => [sound.onloadeddata, sound.onerror] = [resolve, reject]);
              const { fileSource } = await import("/page/source.js");
              return await fileSource(file).then(() => "It plays.", fault => fault.message);
            })()
            """);

        Assert.Equal("The browser cannot play tone.wav.", played);
    }

    [Fact]
    public async Task Stops_where_another_tab_is_chosen()
    {
        await using Browser browser = await server.Open("/#frames=100000");
        await browser.Evaluate("new Promise(resolve => { const look = () => document.getElementById('frame-index')?.textContent > 0 ? resolve() : setTimeout(look, 20); look(); })");

        await browser.Evaluate("document.getElementById('tab-classify').click()");
        JsonNode end = await browser.End();

        Assert.Matches("^Stopped after [0-9]+ frames?[.]$", (string?)end["note"]);
        Assert.Equal("Start", (string?)await browser.Evaluate("document.getElementById('run').textContent"));
        Assert.Empty(browser.Faults);
    }

    [Fact]
    public async Task Opens_no_stream_once_it_was_stopped()
    {
        await using Browser browser = await server.OpenStill();

        string? end = (string?)await browser.Evaluate(
            """
            (async () => {
              const called = [];
              window.fetch = path => {
                called.push(path);
                return Promise.reject(new Error("Not now."));
              };
              document.getElementById("run").click();
              document.getElementById("run").click();
              await new Promise(resolve => setTimeout(resolve, 0));
              return [...called, document.getElementById("video-note").textContent].join(" ");
            })()
            """);

        Assert.Equal("Stopped after 0 frames.", end);
    }

    [Fact]
    public async Task Goes_on_by_POST_where_the_socket_has_ended()
    {
        await using Browser browser = await server.OpenStill();

        string? indices = (string?)await browser.Evaluate(
            """
            (async () => {
              const sockets = [];
              window.WebSocket = class extends WebSocket {
                constructor(address) {
                  super(address);
                  sockets.push(this);
                }
              };
              const { Stream } = await import("/page/stream.js");
              const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
              const frame = colour => {
                const context = canvas.getContext("2d");
                context.fillStyle = colour;
                context.fillRect(8, 8, 32, 24);
                return new Promise(resolve => canvas.toBlob(resolve, "image/png"));
              };
              const stream = await Stream.open({ model: "tiny-flow", output: "image/png" });
              const first = await stream.send(await frame("#204060"));
              sockets[0].close();
              await new Promise(resolve => sockets[0].addEventListener("close", resolve));
              const second = await stream.send(await frame("#305070"));
              const said = [first.result.index, second.result.index, stream.transport].join();
              await stream.close();
              return said;
            })()
            """);

        Assert.Equal("0,1,POST", indices);
    }

    [Fact]
    public async Task Writes_open_streams_down_only_when_the_page_is_left()
    {
        await using Browser browser = await server.OpenStill();

        string? written = (string?)await browser.Evaluate(
            """
            (async () => {
              const { Stream } = await import("/page/stream.js");
              await Stream.open({ model: "tiny-flow" });
              const before = sessionStorage.length;
              dispatchEvent(new Event("pagehide"));
              return [before, sessionStorage.length].join();
            })()
            """);

        Assert.Equal("0,1", written);
    }
}
