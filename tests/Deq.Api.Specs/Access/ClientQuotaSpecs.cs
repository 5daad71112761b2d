using Deq.Api.Access;
using Deq.Testing;

namespace Deq.Api.Specs.Access;

public sealed class ClientQuotaSpecs
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void Lets_a_client_ask_until_it_is_in_debt_and_again_once_the_debt_is_paid()
    {
        var quota = new ClientQuota(new KeyQuota { EvaluationsPerSecond = 10 }, _clock);

        quota.Evaluated(9);
        QuotaWait? early = quota.Wait();
        quota.Evaluated(21);
        QuotaWait? late = quota.Wait();
        _clock.Advance(TimeSpan.FromSeconds(1.9));
        bool isStillInDebt = quota.Wait() is not null;
        _clock.Advance(late!.Time - TimeSpan.FromSeconds(1.9));

        Assert.Null(early);
        Assert.Equal(("evaluationsPerSecond", 10), (late.Name, late.PerSecond));
        Assert.Equal(2.1, late.Time.TotalSeconds, 1e-6);
        Assert.True(isStillInDebt);
        Assert.Null(quota.Wait());
    }

    [Theory]
    [InlineData(10, 1)]
    [InlineData(10, 7)]
    [InlineData(100, 250)]
    public void Allows_the_rate_over_a_long_time_whatever_a_request_takes(int perSecond, int each)
    {
        var quota = new ClientQuota(new KeyQuota { PixelsPerSecond = perSecond }, _clock);
        long taken = 0;
        const int Seconds = 1000;
        for (int tick = 0; tick < 100 * Seconds; tick++)
        {
            if (quota.Wait() is null)
            {
                quota.Decoded(each);
                taken += each;
            }

            _clock.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.InRange(taken, Math.Min(perSecond, 100 * each) * Seconds * 0.98, (perSecond * (Seconds + 1)) + each);
    }

    [Fact]
    public void Names_the_rate_whose_debt_takes_longest_and_does_not_limit_the_others()
    {
        var quota = new ClientQuota(new KeyQuota { BytesPerSecond = 10, PixelsPerSecond = 10 }, _clock);

        quota.Received(25);
        quota.Decoded(55);
        quota.Evaluated(1_000_000);

        Assert.Equal("pixelsPerSecond", quota.Wait()!.Name);
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(quota.Wait());
    }
}
