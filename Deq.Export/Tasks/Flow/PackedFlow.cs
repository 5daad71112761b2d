using System.CommandLine;
using System.Globalization;
using Deq.Export.CommandLine;
using Deq.Export.Packing;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;
using FlowContract = Deq.Runtime.Tasks.Flow.FlowTask;

namespace Deq.Export.Tasks.Flow;

/// <summary>A foreign flow estimator: two frames of free size in, flow in pixels out; its state is h and the flow in cells.</summary>
internal sealed class PackedFlow : IPackedTask
{
    private const string Multiple = "--multiple";
    private const string LeastSide = "--least-side";
    private const string MostPixels = "--most-pixels";
    private const string PixelsPerChange = "--pixels-per-change";
    private const string Padding = "--padding";
    private const int Channels = 3;
    private const int LargestMultiple = 1024;
    private const double UsualTolerance = 0.03;

    /// <inheritdoc/>
    public string Name => FlowContract.Id;

    /// <inheritdoc/>
    public string Output => FlowContract.Flow;

    /// <inheritdoc/>
    public IReadOnlyList<Option> Options
    {
        get
        {
            var padding = new Option<string?>(Padding) { Description = "Of a flow estimator: where frames are padded to a multiple, end (default) or centre, as RAFT and DEQ-Flow do." };
            padding.AcceptOnlyFromAmong(FrameSizes.End, FrameSizes.Centre);
            var multiple = new Option<int?>(Multiple) { Description = "Of a flow estimator: height and width that it takes are multiples of this, such as 8 or 64; 1 to 1024." };
            multiple.Require(pixels => pixels is null or (>= 1 and <= LargestMultiple), $"{Multiple} is 1 to {LargestMultiple} pixels.");
            return
            [
                multiple,
                new Option<int?>(LeastSide) { Description = "Of a flow estimator: the fewest pixels along a side. Default: --multiple, at least 128." },
                new Option<int?>(MostPixels) { Description = "Of a flow estimator: the most pixels of a frame. Default 524288." },
                new Option<double?>(PixelsPerChange) { Description = "Of a flow estimator: pixels that a relative change of h by 1 counts for. Default 2." },
                .. ImageOptions.All(),
                padding,
            ];
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<RequiredOption> Required { get; } =
    [
        new(Multiple, "height and width that the encoder takes are multiples of it, such as 8 (of RAFT) or 64 (with four levels of volumes)"),
        .. ImageOptions.Required,
    ];

    /// <inheritdoc/>
    public string Injection(int place) => place == 0 ? TensorNames.Injection : FlowContract.Volume(place - 1);

    /// <inheritdoc/>
    public FrameSizes? Sizes(PackAnswers answers)
    {
        int multiple = answers.Find<int?>(Multiple) ?? 64;
        int least = answers.Find<int?>(LeastSide) ?? Math.Max(128, multiple);
        return new FrameSizes
        {
            Multiple = multiple,
            LeastSide = least,
            MostPixels = answers.Find<int?>(MostPixels) ?? 1 << 19,
            Padding = answers.Find<string?>(Padding),
            TypicalHeight = Typical(240),
            TypicalWidth = Typical(320),
        };

        int Typical(int pixels) => (Math.Max(pixels, least) + multiple - 1) / multiple * multiple;
    }

    /// <inheritdoc/>
    public ModelManifest Describe(ModelManifest blank, PackedTensors tensors, PackAnswers answers)
    {
        FrameSizes sizes = Sizes(answers)!;
        int hidden = 0;
        double stride = 1;
        if (tensors.State.Shape is [_, string planes, string rows, _]
            && int.TryParse(planes, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count >= 2
            && (rows == "H" ? 1 : rows.EndsWith("*H", StringComparison.Ordinal) ? int.Parse(rows[..^2], CultureInfo.InvariantCulture) : 0) is > 0 and int cells)
        {
            (hidden, stride) = (count - 2, (double)sizes.Multiple / cells);
        }
        else
        {
            answers.Ask($"The cell's z is [{string.Join(", ", tensors.State.Shape)}]; of a flow estimator it is [B, hidden + 2, rows, columns]: h, then the flow in cells to the right and down.");
        }

        return blank with
        {
            Input = ImageOptions.Read(Channels, answers) with { Sizes = sizes, Resize = "pad" },
            State = ModelManifest.Section(new FlowState { Hidden = hidden, Stride = stride, PixelsPerChange = answers.Find<double?>(PixelsPerChange) ?? 2 }),
            Defaults = answers.Has(PackedSolve.Tolerance) ? blank.Defaults : blank.Defaults with { Tolerance = UsualTolerance },
        };
    }
}
