using System.Text;
using System.Text.Json.Nodes;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Classification.Recipes;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Export.Tasks.Classification.Training;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Classification;

/// <summary>A task small enough for a spec: lying bars, standing bars and frames of 8 × 8 pixels under noise.</summary>
internal static class ThreeShapes
{
    private const int Side = 8;

    public static ImageDataset Images(int count)
    {
        var random = new Random(7);
        byte[][] images = new byte[count][];
        int[] labels = new int[count];
        for (int i = 0; i < count; i++)
        {
            labels[i] = i % 3;
            int at = random.Next(1, Side - 1);
            images[i] = new byte[Side * Side];
            for (int pixel = 0; pixel < images[i].Length; pixel++)
            {
                (int row, int column) = (pixel / Side, pixel % Side);
                bool isInk = labels[i] == 0 ? row == at : labels[i] == 1 ? column == at : row is 0 or 7 || column is 0 or 7;
                images[i][pixel] = (byte)((isInk ? 180 : 20) + random.Next(60));
            }
        }

        return new ImageDataset(1, Side, Side, ["lying", "standing", "frame"], images, labels);
    }

    public static JsonObject Recipe(int epochs)
    {
        JsonObject json = SmallRecipe.Json();
        json["seed"] = 5;
        json["dataset"] = JsonNode.Parse("""{ "validationShare": 0.25 }""");
        json["optimizer"] = JsonNode.Parse("""{ "learningRate": 0.01, "weightDecay": 0.01 }""");
        json["jacobianRegularization"] = JsonNode.Parse("""{ "weight": 0.2, "probability": 0.5 }""");
        json["training"] = JsonNode.Parse($$"""{ "epochs": {{epochs}}, "batchSize": 30, "averageDecay": 0.5, "pretrainEpochs": 1 }""");
        return json;
    }

    public static TrainingProgress Train(
        JsonObject recipe, string directory, bool resume = false, int stopAfter = int.MaxValue, List<string>? warnings = null, Action<TrainingState>? prepare = null)
    {
        ClassifierRecipe read = SmallRecipe.Read(recipe);
        using var stop = new CancellationTokenSource();
        var view = new StoppingView(stop, stopAfter, warnings);
        var images = new TrainingImages(read, Images(120), CPU);
        Directory.CreateDirectory(directory);
        var files = new TrainingFiles(directory, recipe.ToJsonString(), "cpu", TimeProvider.System);
        var run = new ClassifierRun(read, images, CPU);
        using var trainer = new Trainer(run, files, resume, view);
        prepare?.Invoke(run.State);
        trainer.Run(stop.Token);
        return trainer.Progress;
    }

    /// <summary>Writes the images as IDX files, as a user would have them.</summary>
    public static void WriteIdx(TemporaryFolder folder, int count)
    {
        ImageDataset images = Images(count);
        List<byte> pixels = [0, 0, 8, 3, .. BigEndian(count), .. BigEndian(Side), .. BigEndian(Side)];
        List<byte> labels = [0, 0, 8, 1, .. BigEndian(count)];
        for (int i = 0; i < count; i++)
        {
            pixels.AddRange(images.Image(i));
            labels.Add((byte)images.Label(i));
        }

        folder.Write("data/train-images-idx3-ubyte", [.. pixels]);
        folder.Write("data/train-labels-idx1-ubyte", [.. labels]);
    }

    public static byte[] Bytes(JsonNode json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    private static byte[] BigEndian(int value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    private sealed class StoppingView(CancellationTokenSource stop, int after, List<string>? warnings) : ITrainingView
    {
        private int _steps;

        public void Step(TrainingProgress progress, double learningRate)
        {
            if (++_steps == after)
            {
                stop.Cancel();
            }
        }

        public void Warn(string text) => warnings?.Add(text);

        public void Report(TrainingReport report)
        {
        }
    }
}
