using System.CommandLine;
using Deq.Export.CommandLine;
using Deq.Export.Tasks.Flow.Scenes;
using Deq.Runtime.Tasks.Flow;
using SkiaSharp;
using Spectre.Console;

namespace Deq.Export.Tasks.Flow.Commands;

/// <summary><c>draw-motion &lt;dir&gt;</c>: the clips that flow is trained on, as files to look at and to evaluate on, and how fast they are drawn.</summary>
internal static class DrawMotionCommand
{
    public static Command Make(TimeProvider clock)
    {
        var directory = new Argument<DirectoryInfo>("directory") { Description = "Takes a folder per clip: frames, and below gt the true flow and occlusion." };
        Option<int> clips = Number("--clips", "How many.", 10);
        Option<int> frames = Number("--frames", "Frames per clip, 2 to 32.", 2);
        Option<int> height = Number("--height", "Pixels, 16 to 8192.", 64);
        Option<int> width = Number("--width", "Pixels, 16 to 8192.", 96);
        Option<int> motion = Number("--motion", "The longest motion of a frame to the next, pixels, 0 to 500.", (int)new MotionOptions().MaxMotion);
        Option<int> seed = Number("--seed", "Of all draws.", 1);
        frames.Require(count => count is >= 2 and <= 32, "--frames is 2 to 32.");
        height.Require(pixels => pixels is >= 16 and <= 8192, "--height is 16 to 8192.");
        width.Require(pixels => pixels is >= 16 and <= 8192, "--width is 16 to 8192.");
        var command = new Command("draw-motion", "Draws clips of synthetic motion with exact flow.") { directory, clips, frames, height, width, motion, seed };
        command.SetAction(result =>
        {
            var options = new MotionOptions { Frames = result.GetValue(frames), Height = result.GetValue(height), Width = result.GetValue(width), MaxMotion = Math.Clamp(result.GetValue(motion), 0, 500) };
            var clip = new MotionClip(options);
            var scenes = new MotionScenes(options);
            TimeSpan drawing = TimeSpan.Zero;
            int count = result.GetValue(clips);
            for (int item = 0; item < count; item++)
            {
                long began = clock.GetTimestamp();
                scenes.Draw(result.GetValue(seed), item, progress: 1, clip);
                drawing += clock.GetElapsedTime(began);
                Save(clip, Path.Combine(result.GetRequiredValue(directory).FullName, $"clip_{item:0000}"));
            }

            AnsiConsole.Profile.Out.Writer.WriteLine(
                $"{count} clips of {options.Frames} x {options.Height} x {options.Width}, {count / drawing.TotalSeconds:0} drawn per second on one thread.");
        });
        return command;
    }

    private static Option<int> Number(string name, string description, int value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };

    private static void Save(MotionClip clip, string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "gt", "occlusions"));
        for (int frame = 0; frame < clip.Count; frame++)
        {
            string name = $"frame_{frame + 1:0000}";
            float[] colours = clip.Frame(frame).ToArray();
            Write(clip, Path.Combine(folder, $"{name}.png"), pixel => new SKColor(
                Byte(colours[pixel]), Byte(colours[clip.Pixels + pixel]), Byte(colours[(2 * clip.Pixels) + pixel])));
            if (frame + 1 < clip.Count)
            {
                bool[] hidden = clip.Hidden(frame).ToArray();
                var flow = new FlowField(clip.Width, clip.Height, [.. clip.Flow(frame)[..clip.Pixels]], [.. clip.Flow(frame)[clip.Pixels..]]);
                File.WriteAllBytes(Path.Combine(folder, "gt", $"{name}.flo"), MiddleburyFlow.Write(flow));
                File.WriteAllBytes(Path.Combine(folder, "gt", $"{name}-colours.png"), FlowColours.Png(flow));
                Write(clip, Path.Combine(folder, "gt", "occlusions", $"{name}.png"), pixel => hidden[pixel] ? SKColors.White : SKColors.Black);
            }
        }
    }

    private static byte Byte(float value) => (byte)Math.Round(255 * value);

    private static void Write(MotionClip clip, string path, Func<int, SKColor> colour)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(clip.Width, clip.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (int pixel = 0; pixel < clip.Pixels; pixel++)
        {
            bitmap.SetPixel(pixel % clip.Width, pixel / clip.Width, colour(pixel));
        }

        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(path, data.ToArray());
    }
}
