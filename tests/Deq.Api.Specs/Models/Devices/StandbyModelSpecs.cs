using Deq.Api.Models.Devices;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Deq.Api.Specs.Models.Devices;

/// <summary>A device that fails is tried once more, then the processor stands in until the device works again. Requests notice nothing but the field that says so.</summary>
public sealed class StandbyModelSpecs : IAsyncDisposable
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private readonly FailingDevice _device;
    private readonly ManualClock _clock = new();
    private readonly StandbyModel _model;
    private readonly InferenceEngine _engine;

    public StandbyModelSpecs()
    {
        _device = new FailingDevice(1);
        _model = _device.Guarded(new DeviceCircuit("test", _clock, NullLogger.Instance));
        _engine = new InferenceEngine("test", _model, new EngineOptions { Threads = 1, RowsPerThread = 4 });
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task Does_not_open_the_processor_while_the_device_works()
    {
        await AssertAnswered(isStandby: false);

        Assert.False(_device.IsHostOpen);
        Assert.Equal(0, _model.Circuit.Losses);
    }

    [Fact]
    public async Task Tries_the_device_once_more_when_a_call_fails()
    {
        _device.FailingCalls = 1;

        await AssertAnswered(isStandby: false);

        Assert.Equal((1, false, false), (_model.Circuit.Losses, _model.Circuit.IsOpen, _device.IsHostOpen));
    }

    [Fact]
    public async Task Has_the_processor_stand_in_after_the_second_failure_and_leaves_the_device_alone()
    {
        _device.FailingCalls = int.MaxValue;

        await AssertAnswered(isStandby: true);
        int calls = _device.Calls;
        await AssertAnswered(isStandby: true);
        _model.Circuit.TryDevice();

        Assert.Equal((2, true), (_model.Circuit.Losses, _model.Circuit.IsOpen));
        Assert.Equal(calls, _device.Calls);
        Assert.Equal(0, _device.OpenLanes);
    }

    [Fact]
    public async Task Takes_failures_that_are_far_apart_for_two_of_one_kind()
    {
        for (int i = 0; i < 3; i++)
        {
            _device.FailingCalls = 1;
            await AssertAnswered(isStandby: false);
            _clock.Advance(2 * s_minute);
        }

        Assert.Equal((3, false), (_model.Circuit.Losses, _model.Circuit.IsOpen));
    }

    [Fact]
    public async Task Stands_in_where_lanes_cannot_even_be_opened()
    {
        _device.CannotOpen = true;

        await AssertAnswered(isStandby: true);

        Assert.True(_model.Circuit.IsOpen);
    }

    [Fact]
    public async Task Goes_back_to_the_device_once_a_trial_works()
    {
        _device.FailingCalls = int.MaxValue;
        await AssertAnswered(isStandby: true);

        _clock.Advance(DeviceCircuit.TrialEvery);
        _model.Circuit.TryDevice();
        Assert.True(_model.Circuit.IsOpen);
        await AssertAnswered(isStandby: true);

        _device.FailingCalls = 0;
        _model.Circuit.TryDevice();
        Assert.True(_model.Circuit.IsOpen);
        _clock.Advance(DeviceCircuit.TrialEvery);
        _model.Circuit.TryDevice();

        Assert.False(_model.Circuit.IsOpen);
        await AssertAnswered(isStandby: false);
    }

    [Fact]
    public async Task Stays_on_the_processor_while_a_lane_of_the_size_that_failed_does_not_fit()
    {
        _device.CannotOpen = true;
        await AssertAnswered(isStandby: true);

        _clock.Advance(DeviceCircuit.TrialEvery);
        _model.Circuit.TryDevice();

        Assert.True(_model.Circuit.IsOpen);
        await AssertAnswered(isStandby: true);
    }

    [Fact]
    public async Task Asks_for_the_processor_again_after_it_could_not_stand_in()
    {
        (_device.FailingCalls, _device.LacksHost) = (int.MaxValue, true);
        await Assert.ThrowsAsync<InvalidDataException>(() => Ask(Request()));

        _device.LacksHost = false;

        await AssertAnswered(isStandby: true);
    }

    [Fact]
    public void Lets_a_device_that_fails_while_the_model_is_opened_end_that()
    {
        _device.CannotOpen = true;
        _model.Circuit.IsWatching = false;

        Assert.ThrowsAny<Exception>(() => _model.OpenLane(1));

        Assert.Equal((0, false), (_model.Circuit.Losses, _device.IsHostOpen));
    }

    [Fact]
    public async Task Fails_by_the_requests_own_fault_as_without_a_device()
    {
        await Assert.ThrowsAsync<InvalidDataException>(() => Ask(Request() with { Input = _ => throw new InvalidDataException("Not an image.") }));

        Assert.Equal(0, _model.Circuit.Losses);
    }

    private static InferenceRequest<float> Request() => new()
    {
        Input = input => input.Fill(3),
        Output = output => output[0],
        Method = FixedPointMethods.Find("picard")!,
        Tolerance = new Tolerance { Limit = 1e-4 },
        Budget = new Budget { Evaluations = 100 },
    };

    private async Task AssertAnswered(bool isStandby)
    {
        InferenceAnswer<float> answer = await Ask(Request());
        Assert.True(answer.Solution.Converged);
        Assert.Equal(3, answer.Result, 1e-2);
        Assert.Equal(isStandby, answer.IsStandby);
    }

    private Task<InferenceAnswer<float>> Ask(InferenceRequest<float> request)
    {
        Assert.Equal(Admission.Accepted, _engine.Submit([request], out IReadOnlyList<Task<InferenceAnswer<float>>> answers).Outcome);
        return Assert.Single(answers).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
