using System.Globalization;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Classification.Datasets;
using Deq.Export.Tasks.Classification.Recipes;
using SkiaSharp;

namespace Deq.Export.Specs.Tasks.Classification.FirstRecipe;

public sealed class InitCommandSpecs
{
    [Fact]
    public async Task Trains_a_model_that_converges_from_a_folder_of_drawn_shapes_in_one_command()
    {
        using TemporaryFolder folder = new();
        DrawShapes(folder, perClass: 120);

        (int code, string output) = await ExportedThreeShapes.RunIn(folder.Path, "init", "Drawn Shapes", "--size", "16", "--train");
        (int again, string refusal) = await ExportedThreeShapes.RunIn(folder.Path, "init", "Drawn Shapes");
        (int overwritten, string silence) = await ExportedThreeShapes.RunIn(folder.Path, "export", "runs/drawn-shapes");

        Assert.True(code == 0, output);
        Assert.Contains("360 images in 3 classes: circle 120, square 120, triangle 120.", output, StringComparison.Ordinal);
        Assert.Contains("grey", output, StringComparison.Ordinal);
        Assert.DoesNotContain("warning", output, StringComparison.Ordinal);
        Assert.True(File.Exists(folder.File("models/drawn-shapes/manifest.json")), output);
        string[] last = File.ReadAllLines(folder.File("runs/drawn-shapes/log.csv"));
        double accuracy = Column(last, "accuracy").Max();
        Assert.True(accuracy >= 0.98, $"{accuracy}");
        Assert.True(Column(last, "converged_share")[^1] >= 0.95, last[^1]);
        Assert.Equal((1, 1), (again, overwritten));
        Assert.Contains("is there already", refusal, StringComparison.Ordinal);
        Assert.Contains(" train drawn-shapes.json --data 'Drawn Shapes' --export --replace\n", refusal.Replace('"', '\''), StringComparison.Ordinal);
        Assert.Contains("--replace", silence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_a_recipe_that_is_read_without_a_fault_and_names_its_schema()
    {
        using TemporaryFolder folder = new();
        folder.Write("photos/cat/a.png", PictureFiles.Plain(new SKColor(51, 102, 153), 200, 100));
        folder.Write("photos/cat/b.png", PictureFiles.Plain(new SKColor(51, 102, 153), 100, 200));
        folder.Write("photos/dog/a.png", PictureFiles.Plain(new SKColor(51, 102, 153), 100, 100));
        folder.Write("photos/dog/b.png", PictureFiles.Plain(new SKColor(51, 102, 153), 100, 100));

        (int code, string output) = await ExportedThreeShapes.RunIn(folder.Path, "init", "photos", "--output", "recipes/mine.json");

        Assert.True(code == 0, output);
        ClassifierRecipe recipe = ClassifierRecipe.Read(folder.File("recipes/mine.json"));
        Assert.Equal(("photos", 3, 32, 32), (recipe.Name, recipe.Input.Channels, recipe.Input.Height, recipe.Input.Width));
        Assert.Equal(40, recipe.Training.Epochs);
        Assert.True(File.Exists(folder.File("recipes/recipe.schema.json")));
        Assert.Contains($" train {Path.Combine("recipes", "mine.json")} --data photos --export\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_model_that_is_there_before_it_writes_a_recipe_and_replaces_it_where_asked()
    {
        using TemporaryFolder folder = new();
        folder.Write("models/photos/manifest.json", "{}"u8.ToArray());
        folder.Write("photos/cat/a.png", PictureFiles.Plain(new SKColor(51, 102, 153), 100, 100));
        folder.Write("photos/dog/a.png", PictureFiles.Plain(new SKColor(51, 102, 153), 100, 100));

        (int refused, string output) = await ExportedThreeShapes.RunIn(folder.Path, "init", "photos", "--train");
        bool isWritten = File.Exists(folder.File("photos.json"));
        (int taken, string hint) = await ExportedThreeShapes.RunIn(folder.Path, "init", "photos", "--replace");

        Assert.Equal((1, 0), (refused, taken));
        Assert.Contains("--replace replaces it", output, StringComparison.Ordinal);
        Assert.False(isWritten);
        Assert.Contains(" train photos.json --data photos --export --replace\n", hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(28, "--size 16 is for folders of pictures", "--size", "16")]
    [InlineData(30, "sides must be multiples of 4")]
    public async Task Says_what_it_cannot_do_with_images_of_one_array(byte side, string fault, params string[] options)
    {
        using TemporaryFolder folder = new();
        folder.Write("digits/train-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, side, 0, 0, 0, side, .. new byte[2 * side * side]]);
        folder.Write("digits/train-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 2, 0, 1]);

        (int code, string output) = await ExportedThreeShapes.RunIn(folder.Path, ["init", "digits", .. options]);

        Assert.Equal(1, code);
        Assert.Contains($"{side} x {side} pixels", output, StringComparison.Ordinal);
        Assert.Contains(fault, output, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("digits.json")));
    }

    private static double[] Column(string[] log, string name)
    {
        int place = Array.IndexOf(log[0].Split(','), name);
        return [.. log.Skip(1).Select(line => double.Parse(line.Split(',')[place], CultureInfo.InvariantCulture))];
    }

    /// <summary>Upright shapes of differing size and place, light on dark.</summary>
    private static void DrawShapes(TemporaryFolder folder, int perClass)
    {
        var random = new Random(7);
        foreach (string shape in new[] { "circle", "square", "triangle" })
        {
            for (int i = 0; i < perClass; i++)
            {
                (float radius, float x, float y) = (16 + (6 * random.NextSingle()), 28 + (8 * random.NextSingle()), 28 + (8 * random.NextSingle()));
                using var bitmap = new SKBitmap(64, 64);
                using var canvas = new SKCanvas(bitmap);
                byte light = (byte)random.Next(150, 256);
                using var paint = new SKPaint { Color = new SKColor(light, light, light), IsAntialias = true };
                canvas.Clear(SKColors.Black);
                using var builder = new SKPathBuilder();
                if (shape == "circle")
                {
                    builder.AddCircle(x, y, radius);
                }
                else if (shape == "square")
                {
                    builder.AddRect(new SKRect(x - radius, y - radius, x + radius, y + radius));
                }
                else
                {
                    builder.AddPoly([new SKPoint(x, y - radius), new SKPoint(x + radius, y + radius), new SKPoint(x - radius, y + radius)], close: true);
                }

                using SKPath path = builder.Detach();
                canvas.DrawPath(path, paint);
                using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
                folder.Write($"Drawn Shapes/{shape}/{i}.png", png.ToArray());
            }
        }
    }
}
