using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Layouts;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Specs.Bundles;
using Deq.Runtime.Specs.Scheduling.Engine;
using Deq.Testing;
using Deq.Testing.Bundles;
using Deq.Testing.Models;

namespace Deq.Runtime.Specs.Scheduling.Layouts;

/// <summary>The layout that an engine chooses by measured costs.</summary>
public sealed class LayoutTunerSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();

    public static TheoryData<string> UnusableFiles =>
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        "\0\0\0",
        """{"machine":"m","model":"hash","costs":[]}""",
        """{"machine":"m","model":"hash","costs":[null]}""",
        """{"machine":"m","model":"hash","costs":[{"layout":null,"millisecondsPerEvaluation":1,"millisecondsPerRow":1}]}""",
        """{"machine":"m","model":"hash","costs":[{"layout":{"threads":0,"rowsPerThread":1,"intraOpThreads":1},"millisecondsPerEvaluation":1,"millisecondsPerRow":1}]}""",
        """{"machine":"m","model":"hash","costs":[{"layout":{"threads":1,"rowsPerThread":1,"intraOpThreads":1},"millisecondsPerEvaluation":-1,"millisecondsPerRow":1}]}""",
        """{"machine":"other","model":"hash","costs":[{"layout":{"threads":9,"rowsPerThread":1,"intraOpThreads":1},"millisecondsPerEvaluation":1,"millisecondsPerRow":1}]}""",
    ];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Is_one_row_per_thread_where_rows_cost_the_same_together()
    {
        EngineProfile profile = Choose(new EngineOptions(), layout => layout.IntraOpThreads == 1 ? 0.41 * layout.RowsPerThread : 0.28 * layout.RowsPerThread);

        Assert.Equal(new EngineLayout(2, 1, 1), profile.Layout);
    }

    [Fact]
    public void Is_a_large_batch_where_a_batch_costs_as_much_as_a_row()
    {
        EngineProfile profile = Choose(new EngineOptions(), layout => layout.Threads);

        Assert.Equal(64, profile.Layout.RowsPerThread);
    }

    [Fact]
    public void Is_one_thread_with_many_of_its_own_where_that_is_quicker()
    {
        EngineProfile profile = Choose(new EngineOptions(), layout => layout.IntraOpThreads == 2 ? layout.RowsPerThread : 3 * layout.RowsPerThread);

        Assert.Equal(new EngineLayout(1, 1, 2), profile.Layout);
    }

    [Fact]
    public void Keeps_an_evaluation_within_the_latency_asked_for()
    {
        EngineOptions options = new() { EvaluationWithin = TimeSpan.FromMilliseconds(20) };

        EngineProfile profile = Choose(options, layout => 10 + (0.5 * layout.RowsPerThread * layout.Threads));
        EngineProfile impossible = Choose(options, layout => 100 + layout.RowsPerThread);

        Assert.Equal(new EngineLayout(1, 16, 2), Choose(options, layout => layout.IntraOpThreads == 2 ? 10 + (0.5 * layout.RowsPerThread) : 50).Layout);
        Assert.True(profile.Measured.Single(cost => cost.Layout == profile.Layout).MillisecondsPerEvaluation <= 20);
        Assert.Equal(1, impossible.Layout.RowsPerThread);
    }

    [Fact]
    public void Is_measured_at_growing_batches_in_every_split_of_the_processors()
    {
        EngineProfile profile = Choose(new EngineOptions(), layout => layout.RowsPerThread);

        int[] rows = [1, 2, 4];
        EngineLayout[] expected = [.. rows.SelectMany(r => new[] { new EngineLayout(2, r, 1), new EngineLayout(1, r, 2) })];
        Assert.Equal(expected, profile.Measured.Select(cost => cost.Layout));
        Assert.All(profile.Measured, cost => Assert.Equal(1.0 / cost.Layout.Threads, cost.MillisecondsPerRow));
    }

    [Fact]
    public void Is_chosen_from_what_there_was_time_to_measure()
    {
        EngineProfile profile = Choose(new EngineOptions { MeasureFor = TimeSpan.FromSeconds(1) }, layout =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(400));
            return layout.RowsPerThread;
        });

        Assert.Equal(3, profile.Measured.Count);
    }

    [Fact]
    public void Is_not_measured_where_threads_and_rows_are_given()
    {
        EngineProfile profile = Choose(
            new EngineOptions { Threads = 3, RowsPerThread = 5 }, _ => throw new InvalidOperationException("Nothing is to be measured."));

        Assert.Equal(new EngineLayout(3, 5, 1), profile.Layout);
        Assert.Empty(profile.Measured);
    }

    [Fact]
    public void Is_measured_only_in_what_is_left_open()
    {
        EngineProfile profile = Choose(new EngineOptions { IntraOpThreads = 2, RowsPerThread = 3 }, _ => 1);

        Assert.Equal(new EngineLayout(1, 3, 2), Assert.Single(profile.Measured).Layout);
    }

    [Theory]
    [InlineData(65)]
    [InlineData(128)]
    [InlineData(EngineOptions.Most)]
    public void Has_the_rows_that_are_given_although_it_would_try_fewer(int rows)
    {
        EngineProfile profile = Choose(new EngineOptions { RowsPerThread = rows }, layout => layout.Threads);

        Assert.Equal(rows, profile.Layout.RowsPerThread);
        Assert.Equal(2, profile.Measured.Count);
    }

    [Fact]
    public void Is_one_thread_with_a_large_batch_where_threads_only_take_turns_on_an_accelerator()
    {
        EngineProfile profile = Choose(new EngineOptions { IntraOpThreads = 1 }, layout => layout.Threads * (1 + (0.001 * layout.RowsPerThread)));

        Assert.Equal(new EngineLayout(1, 64, 1), profile.Layout);
    }

    [Fact]
    public void Is_remembered_for_the_same_machine_and_model_only()
    {
        EngineProfile first = Choose(new EngineOptions(), layout => layout.RowsPerThread, Cache());

        EngineProfile again = Choose(new EngineOptions(), OnlyThat(first.Layout), Cache());
        EngineProfile otherMachine = Choose(new EngineOptions(), _ => 1, Cache(machine: "n"));
        EngineProfile otherModel = Choose(new EngineOptions(), _ => 1, Cache(model: "other"));

        Assert.Equal((false, true, false, false), (first.IsFromCache, again.IsFromCache, otherMachine.IsFromCache, otherModel.IsFromCache));
        Assert.Equal(first.Layout, again.Layout);
        Assert.Equal(first.Measured, again.Measured);
    }

    [Theory]
    [MemberData(nameof(UnusableFiles))]
    public void Is_measured_anew_where_what_was_remembered_cannot_be_used(string content)
    {
        Choose(new EngineOptions(), _ => 1, Cache());
        string file = Assert.Single(Directory.GetFiles(_folder.Path));
        File.WriteAllText(file, content);

        EngineProfile measured = Choose(new EngineOptions(), layout => layout.RowsPerThread, Cache());
        EngineProfile remembered = Choose(new EngineOptions(), OnlyThat(measured.Layout), Cache());

        Assert.False(measured.IsFromCache);
        Assert.True(remembered.IsFromCache);
    }

    [Theory]
    [InlineData("1x1x1")]
    [InlineData("2x1x1")]
    [InlineData("1024x1024x1")]
    [InlineData("2x1x1 1x1x2 1024x1024x1024")]
    [InlineData("1x1x2 2x1x1")]
    [InlineData("2x1x1 1x1x2 1x2x2 2x4x1")]
    [InlineData("2x1x1 1x1x2 2x2x1 1x2x2 2x4x1 1x4x2 2x8x1 1x8x2")]
    public void Is_measured_anew_and_nothing_else_tried_where_no_measurement_wrote_what_was_remembered(string layouts)
    {
        Cache().Write([.. layouts.Split(' ').Select(layout => CostOf([.. layout.Split('x').Select(int.Parse)]))]);

        EngineProfile measured = Choose(new EngineOptions(), OnlySplitsOfTwo, Cache());
        EngineProfile remembered = Choose(new EngineOptions(), OnlySplitsOfTwo, Cache());

        Assert.Equal((false, true), (measured.IsFromCache, measured.IsCacheDoubted));
        Assert.Equal(6, measured.Measured.Count);
        Assert.Equal((true, false), (remembered.IsFromCache, remembered.IsCacheDoubted));
    }

    [Fact]
    public void Is_measured_anew_where_rows_were_remembered_to_cost_something_else_than_their_evaluation()
    {
        EngineProfile first = Choose(new EngineOptions(), layout => layout.RowsPerThread, Cache());
        Cache().Write([.. first.Measured.Select(cost => cost.Layout.Threads == 1 ? cost with { MillisecondsPerRow = 0.001 } : cost)]);

        EngineProfile later = Choose(new EngineOptions(), layout => layout.RowsPerThread, Cache());

        Assert.True(later.IsCacheDoubted);
        Assert.Equal(first.Layout, later.Layout);
    }

    [Theory]
    [InlineData(400, 3, true)]
    [InlineData(2000, 1, false)]
    public void Is_remembered_where_there_was_time_for_more_than_one(int milliseconds, int count, bool isRemembered)
    {
        EngineOptions options = new() { MeasureFor = TimeSpan.FromSeconds(1) };

        EngineProfile first = Choose(options, Slowly, Cache());
        EngineProfile later = Choose(options, Slowly, Cache());

        Assert.Equal(count, first.Measured.Count);
        Assert.Equal((isRemembered, false), (later.IsFromCache, later.IsCacheDoubted));

        double Slowly(EngineLayout layout)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
            return layout.RowsPerThread;
        }
    }

    [Fact]
    public void Is_remembered_for_what_was_given_only()
    {
        EngineOptions options = new() { CacheDirectory = _folder.Path };
        LayoutCache.Of(options, "hash").Write([CostOf([1, 1, 1])]);

        Assert.NotNull(LayoutCache.Of(options, "hash").Read());
        Assert.All(
            [options with { Threads = 1 }, options with { RowsPerThread = 1 }, options with { IntraOpThreads = 1 }],
            other => Assert.Null(LayoutCache.Of(other, "hash").Read()));
    }

    [Theory]
    [InlineData(0.1, false)]
    [InlineData(0.5, false)]
    [InlineData(0.8, true)]
    [InlineData(2, true)]
    [InlineData(10, false)]
    public void Is_remembered_only_while_an_evaluation_still_takes_about_as_long(double times, bool isRemembered)
    {
        Choose(new EngineOptions(), layout => layout.RowsPerThread, Cache());

        EngineProfile later = Choose(new EngineOptions(), layout => times * layout.RowsPerThread, Cache());

        Assert.Equal(isRemembered, later.IsFromCache);
        Assert.Equal(isRemembered ? 1 : times, later.Measured.First(cost => cost.Layout == later.Layout).MillisecondsPerEvaluation);
    }

    [Fact]
    public void Is_chosen_although_nothing_can_be_written()
    {
        string occupied = _folder["file"];
        File.WriteAllText(occupied, "");

        EngineProfile profile = Choose(new EngineOptions(), layout => layout.RowsPerThread, new LayoutCache(occupied, "m", "hash"));

        Assert.False(profile.IsFromCache);
    }

    [Fact]
    public void Is_measured_with_all_threads_at_work_and_leaves_no_lane_open()
    {
        using var met = new Barrier(3);
        int rowsSeen = 0;
        var model = new LinearModel(2)
        {
            Evaluating = rows =>
            {
                rowsSeen = rows;
                Assert.True(met.SignalAndWait(TimeSpan.FromSeconds(30)));
            },
        };

        double milliseconds = new LayoutMeasurement(_ => model, _clock, LayoutMeasurement.Longest).Measure(new EngineLayout(3, 4, 1), TimeSpan.Zero);

        Assert.Equal((4, 0, 0.0), (rowsSeen, model.OpenLanes, milliseconds));
    }

    [Fact]
    public void Fails_to_be_measured_with_what_the_model_threw()
    {
        var model = new LinearModel(2) { Evaluating = _ => throw new InvalidOperationException("broken") };

        AggregateException faults = Assert.Throws<AggregateException>(
            () => new LayoutMeasurement(_ => model, _clock, LayoutMeasurement.Longest).Measure(new EngineLayout(2, 1, 1), TimeSpan.Zero));

        Assert.All(faults.InnerExceptions, fault => Assert.Equal("broken", fault.Message));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Fails_to_be_measured_where_an_evaluation_does_not_end_in_time(int threads)
    {
        using OnnxModel endless = EndlessModel.Open(_folder["endless"]);

        TimeoutException late = Assert.Throws<TimeoutException>(
            () => new LayoutMeasurement(_ => endless, TimeProvider.System, TimeSpan.FromMilliseconds(20)).Measure(new EngineLayout(threads, 1, 1), TimeSpan.Zero));

        Assert.Contains($"1 row on each of {threads} threads did not end within 0.02 s", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Is_chosen_from_those_whose_evaluations_end_in_time()
    {
        EngineProfile profile = Choose(new EngineOptions(), layout => layout.RowsPerThread < 4 ? 1 : throw new TimeoutException("late"));

        Assert.Equal([1, 1, 2, 2], profile.Measured.Select(cost => cost.Layout.RowsPerThread));
        Assert.Throws<TimeoutException>(() => Choose(new EngineOptions(), _ => throw new TimeoutException("late")));
    }

    [Fact]
    public void Is_measured_anew_where_what_was_remembered_takes_too_long_now()
    {
        EngineProfile first = Choose(new EngineOptions(), layout => layout.RowsPerThread, Cache());
        bool isLate = false;

        EngineProfile later = Choose(new EngineOptions(), layout => layout == first.Layout && !isLate && (isLate = true) ? throw new TimeoutException("late") : 7 * layout.RowsPerThread, Cache());

        Assert.False(later.IsFromCache);
    }

    [Fact]
    public async Task Of_a_bundle_is_chosen_when_its_engine_opens_and_taken_from_the_cache_the_next_time()
    {
        using ModelBundle bundle = ModelBundle.Open(TinyBundle.Write(_folder["tiny"]), new());
        var options = new EngineOptions { Threads = 1, CacheDirectory = _folder["cache"] };

        for (int start = 0; start < 2; start++)
        {
            await using var engine = InferenceEngine.Open("tiny", bundle.Sha256, bundle.ModelWith, options, new ReadClock());
            bundle.CloseOthersThan(engine.Profile.Layout.IntraOpThreads);
            InferenceAnswer<float[]> answer = await engine.Ask(EngineRequests.Request(TinyBundle.Image(1)) with { Method = FixedPointMethods.Named("anderson") });

            Assert.True(answer.Solution.Converged);
            Assert.NotEmpty(engine.Profile.Measured);
            Assert.Equal(start == 1, engine.Profile.IsFromCache);
        }
    }

    [Fact]
    public void Is_opened_from_a_bundle_with_sessions_of_its_own_that_answer_alike()
    {
        using ModelBundle bundle = ModelBundle.Open(TinyBundle.Write(_folder["tiny"]), new());
        OnnxModel two = bundle.ModelWith(2);

        Assert.Same(bundle.Model, bundle.ModelWith(1));
        Assert.Same(two, bundle.ModelWith(2));
        Assert.NotSame(bundle.Model, two);
        Assert.Equal(Evaluate(bundle.Model), Evaluate(two));
        bundle.CloseOthersThan(1);
        Assert.NotSame(two, bundle.ModelWith(2));
    }

    /// <summary>A clock that moves a millisecond each time it is read, however busy the machine is.</summary>
    private sealed class ReadClock : TimeProvider
    {
        private long _read;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Interlocked.Increment(ref _read);
    }

    private static float[] Evaluate(OnnxModel model)
    {
        using OnnxLane lane = model.OpenLane(1);
        int z = lane.Space.Allocate(2);
        lane.Encode(TinyBundle.Image(3), 0);
        lane.Start(z, 0);
        lane.Evaluate(z, z + 1, 1);
        return lane.Space.Row(z + 1, 0).ToArray();
    }

    /// <summary>What a layout of threads, rows and threads within a run costs where rows cost the same together.</summary>
    private static LayoutCost CostOf(int[] layout) => new(new EngineLayout(layout[0], layout[1], layout[2]), layout[1], layout[1] / (double)(layout[0] * layout[1]));

    /// <summary>Measures layouts that suit two processors, and no others.</summary>
    private static double OnlySplitsOfTwo(EngineLayout layout) => layout is { RowsPerThread: <= 4 } and ({ Threads: 2, IntraOpThreads: 1 } or { Threads: 1, IntraOpThreads: 2 })
        ? layout.RowsPerThread
        : throw new InvalidOperationException("It suits no two processors.");

    /// <summary>Measures a layout as before, and no other.</summary>
    private static Func<EngineLayout, double> OnlyThat(EngineLayout known) =>
        layout => layout == known ? layout.RowsPerThread : throw new InvalidOperationException("It is known.");

    private LayoutCache Cache(string machine = "m", string model = "hash") => new(_folder.Path, machine, model);

    private EngineProfile Choose(EngineOptions options, Func<EngineLayout, double> cost, LayoutCache? cache = null) =>
        LayoutTuner.Choose(options, processors: 2, cache ?? new LayoutCache(null, "m", "hash"), (layout, _) => cost(layout), _clock);
}
