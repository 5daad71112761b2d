using System.CommandLine;
using System.Text;
using Deq.Export.Commands;
using Deq.Export.Datasets;
using Deq.Export.Evaluation;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Tasks.Restoration.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Testing;

namespace Deq.Export.Specs.Tasks.Restoration.Evaluation;

public sealed class MeasuredPicturesSpecs : IDisposable
{
    private const string Recipe = """
        { "name": "measured", "seed": 3, "ridge": { "filters": 8, "extent": 6 }, "optimizer": { "learningRate": 1e-3 },
          "training": { "steps": 1, "batchSize": 2, "patch": 16, "shrink": 2, "heldOutEvery": 2, "reportEvery": 1 },
          "serving": { "solver": "anderson", "tolerance": 1e-2, "maxEvaluations": 4, "evaluationsLimit": 64, "toleranceLimit": 1e-6 } }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Are_on_a_card_those_that_the_training_held_out_or_are_said_to_be_of_unknown_use()
    {
        string recipe = _folder.Write("recipe.json", Encoding.UTF8.GetBytes(Recipe));
        for (int i = 0; i < 4; i++)
        {
            _folder.Write($"trained/{i}.png", NoisyPicture.Png(width: 96, height: 80));
        }

        _folder.Write("others/a.png", NoisyPicture.Png(width: 48, height: 40));
        Succeed("train", recipe, "--data", _folder.File("trained"), "--output", _folder.File("run"));

        Succeed("export", _folder.File("run"), "--output", _folder.File("one"), "--data", _folder.File("trained"));
        Succeed("export", _folder.File("run"), "--output", _folder.File("two"), "--data", _folder.File("others"));

        string heldOut = File.ReadAllText(_folder.File("one/MODEL_CARD.md"));
        Assert.Contains("Measured on pictures that the training held out: 2 of 4, shrunk by 2 as in training.", heldOut, StringComparison.Ordinal);
        Assert.Contains("| noise | 15 | 2 |", heldOut, StringComparison.Ordinal);
        Assert.Contains(
            "may have been trained on some of these pictures: 1 were given, and the training had 4 pictures, 2 held out.",
            File.ReadAllText(_folder.File("two/MODEL_CARD.md")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Are_cut_to_the_middle_that_the_model_takes_with_its_margin()
    {
        const int widestBorder = 28;
        ModelManifest manifest = BundleListing.Read(Repository.Folder("models", "restore"));
        FrameSizes sizes = manifest.Input.Sizes!;
        (int width, int height) = (2000, 1000);
        var picture = new GreyPicture("large", width, height, [.. Enumerable.Range(0, width * height).Select(pixel => (float)pixel)]);

        GreyPicture cut = MeasuredPictures.Fitted(picture, manifest);

        (int down, int across) = (cut.Height + widestBorder, cut.Width + widestBorder);
        Assert.Null(sizes.Refusal(down, across));
        Assert.InRange((double)down * across / sizes.MostPixels, 0.99, 1);
        Assert.Equal(picture[(height - cut.Height) / 2, (width - cut.Width) / 2], cut[0, 0]);
        Assert.Same(cut, MeasuredPictures.Fitted(cut, manifest));
    }

    [Fact]
    public void Are_cut_with_a_note_and_refused_by_name_where_they_are_too_small()
    {
        using var bundle = ModelBundle.Open(Repository.Folder("models", "restore"), new ExecutionOptions());
        _folder.Write("large/a.png", NoisyPicture.Png(width: 1100, height: 1000));
        _folder.Write("large/b.png", NoisyPicture.Png(width: 48, height: 40));
        string small = _folder.Write("small/line.png", NoisyPicture.Png(width: 200, height: 24));

        var measured = MeasuredPictures.Of(bundle, Request(bundle, "large"), most: int.MaxValue);
        string message = Assert.Throws<DatasetException>(() => MeasuredPictures.Of(bundle, Request(bundle, "small"), most: 1)).Message;

        Assert.Contains("1 of 2 pictures were larger than the model takes", Assert.Single(measured.Notes), StringComparison.Ordinal);
        Assert.Equal((48, 40), (measured.Pictures[1].Width, measured.Pictures[1].Height));
        Assert.Contains(small, message, StringComparison.Ordinal);
        Assert.Contains("is too small: 200 x 24 pixels; it needs at least 25", message, StringComparison.Ordinal);
    }

    private EvaluationRequest Request(ModelBundle bundle, string folder) => new()
    {
        Data = [new DirectoryInfo(_folder.File(folder))],
        Defaults = bundle.Manifest.Defaults,
        Threads = 1,
        Report = _ => { },
        Clock = TimeProvider.System,
    };

    private static void Succeed(params string[] arguments)
    {
        var root = new RootCommand { TrainCommand.Make(TrainedTasks.OfProgram), ExportCommand.Make(TrainedTasks.OfProgram) };
        Assert.Equal(0, root.Parse(arguments).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
    }
}
