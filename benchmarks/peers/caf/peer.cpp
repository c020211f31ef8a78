// CAF, the C++ Actor Framework (0.17), as a peer: the same command line and the same lines of JSON as child.ts. Actors
// are event-based; one scheduler thread for the workloads in one thread. Across threads the receiver is detached, which
// is a thread of its own, and the sender is the main thread.
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "caf/all.hpp"

using namespace caf;
using clock_type = std::chrono::steady_clock;
using integer = int64_t;

// The nested message.
struct ballot { integer n; std::string node; };
struct put_operation { std::string op; std::string key; integer val; };
template <class Inspector> auto inspect(Inspector& f, ballot& x) { return f(x.n, x.node); }
template <class Inspector> auto inspect(Inspector& f, put_operation& x) { return f(x.op, x.key, x.val); }

using add = atom_constant<atom("add")>;
using accept_ = atom_constant<atom("accept")>;
using done = atom_constant<atom("done")>;
using echo = atom_constant<atom("echo")>;
using enter = atom_constant<atom("enter")>;
using link_ = atom_constant<atom("link")>;
using mate = atom_constant<atom("mate")>;
using meet = atom_constant<atom("meet")>;
using met = atom_constant<atom("met")>;
using one = atom_constant<atom("one")>;
using open_ = atom_constant<atom("open")>;
using ping = atom_constant<atom("ping")>;
using play = atom_constant<atom("play")>;
using pong = atom_constant<atom("pong")>;
using shut = atom_constant<atom("shut")>;
using token = atom_constant<atom("token")>;
using total = atom_constant<atom("total")>;
using work = atom_constant<atom("work")>;

constexpr integer ring_actors = 100, fork_join_actors = 60, big_actors = 120, creatures_count = 100;
constexpr integer pipeline_depth = 64, fork_burst = 100, batch_size = 256;

struct outcome {
  integer completed = 0;
  double value = -1;
  std::vector<integer> latencies;
};

outcome verified(const char* what, integer actual, integer expected, integer completed) {
  if (actual != expected)
    throw std::runtime_error(std::string(what) + ": " + std::to_string(actual) + " instead of " + std::to_string(expected));
  return {completed, -1, {}};
}

// Waits for the one number that ends a workload.
integer awaited(scoped_actor& self) {
  integer result = 0;
  self->receive([&](done, integer value) { result = value; });
  return result;
}

// In one thread.

struct player_state { integer left = 0, handled = 0; actor other, parent; };

outcome ping_pong(actor_system& system, integer messages) {
  scoped_actor self{system};
  auto ponger = system.spawn([](stateful_actor<player_state>* own) -> behavior {
    return {
      [=](ping, integer left) {
        own->state.handled++;
        own->send(actor_cast<actor>(own->current_sender()), pong::value, left - 1);
      },
      [=](total) { return own->state.handled; },
    };
  });
  auto pinger = system.spawn([=](stateful_actor<player_state>* own) -> behavior {
    return {
      [=](play, integer count, const actor& parent) {
        own->state.parent = parent;
        own->send(ponger, ping::value, count - 1);
      },
      [=](pong, integer left) {
        own->state.handled++;
        if (left > 0) own->send(ponger, ping::value, left - 1);
        else own->send(own->state.parent, done::value, own->state.handled);
      },
    };
  });
  self->send(pinger, play::value, messages, actor_cast<actor>(self));
  auto pongs = awaited(self);
  integer pings = 0;
  self->request(ponger, infinite, total::value).receive([&](integer n) { pings = n; }, [](error&) {});
  self->send_exit(pinger, exit_reason::user_shutdown);
  self->send_exit(ponger, exit_reason::user_shutdown);
  return verified("pings and pongs", pings + pongs, messages, messages);
}

struct counter_state { integer sum = 0; };

behavior counter(stateful_actor<counter_state>* own) {
  return {
    [=](add, integer by) { own->state.sum += by; },
    [=](accept_, const ballot&, integer slot, const put_operation& value) { own->state.sum += value.op == "put" && value.val == slot; },
    [=](echo, integer value) { return value; },
    [=](total, const actor& to) {
      own->send(to, done::value, own->state.sum);
      own->state.sum = 0;
    },
  };
}

outcome counting(actor_system& system, integer count) {
  scoped_actor self{system};
  auto to = system.spawn(counter);
  auto me = actor_cast<actor>(self);
  system.spawn([=](event_based_actor* own) {
    for (integer index = 0; index < count; index++) own->send(to, add::value, integer{1});
    own->send(to, total::value, me);
  });
  auto sum = awaited(self);
  self->send_exit(to, exit_reason::user_shutdown);
  return verified("total", sum, count, count);
}

struct ring_state { actor next; integer hops = 0; };

outcome thread_ring(actor_system& system, integer hops) {
  scoped_actor self{system};
  auto me = actor_cast<actor>(self);
  std::vector<actor> members;
  for (integer index = 0; index < ring_actors; index++)
    members.push_back(system.spawn([=](stateful_actor<ring_state>* own) -> behavior {
      return {
        [=](link_, const actor& next) { own->state.next = next; },
        [=](token, integer left) {
          own->state.hops++;
          if (left > 0) own->send(own->state.next, token::value, left - 1);
          else own->send(me, done::value, left);
        },
        [=](total) {
          own->state.next = actor{};
          return own->state.hops;
        },
      };
    }));
  for (integer index = 0; index < ring_actors; index++)
    self->send(members[index], link_::value, members[(index + 1) % ring_actors]);
  self->send(members[0], token::value, hops - 1);
  awaited(self);
  integer made = 0;
  for (auto& member : members) {
    self->request(member, infinite, total::value).receive([&](integer n) { made += n; }, [](error&) {});
    self->send_exit(member, exit_reason::user_shutdown);
  }
  return verified("hops", made, hops, hops);
}

struct fork_state { integer left = 0, sum = 0; };

outcome fork_join_create(actor_system& system, integer count) {
  scoped_actor self{system};
  auto me = actor_cast<actor>(self);
  system.spawn([=](stateful_actor<fork_state>* own) -> behavior {
    own->state.left = count;
    own->send(own, play::value, integer{0});
    return {
      [=](play, integer next) {
        auto end = std::min(next + fork_burst, count);
        for (auto value = next; value < end; value++) {
          auto child = own->spawn([](event_based_actor* child_self) -> behavior {
            return {[=](work, integer work_value, const actor& from) {
              child_self->send(from, done::value, work_value);
              child_self->quit();
            }};
          });
          own->send(child, work::value, value, actor_cast<actor>(own));
        }
        if (end < count) own->send(own, play::value, end);
      },
      [=](done, integer value) {
        own->state.sum += value;
        if (--own->state.left == 0) {
          own->send(me, done::value, own->state.sum);
          own->quit();
        }
      },
    };
  });
  return verified("sum of acknowledgements", awaited(self), count * (count - 1) / 2, count);
}

outcome fork_join_throughput(actor_system& system, integer count) {
  scoped_actor self{system};
  auto me = actor_cast<actor>(self);
  auto each = count / fork_join_actors;
  std::vector<actor> workers;
  for (integer index = 0; index < fork_join_actors; index++)
    workers.push_back(system.spawn([=](stateful_actor<counter_state>* own) -> behavior {
      return {[=](one, integer) {
        if (++own->state.sum < each) return;
        own->send(me, done::value, own->state.sum);
        own->quit();
      }};
    }));
  system.spawn([=](event_based_actor* own) {
    for (integer index = 0; index < each; index++)
      for (auto& worker : workers) own->send(worker, one::value, index);
  });
  integer sum = 0;
  for (integer index = 0; index < fork_join_actors; index++) sum += awaited(self);
  return verified("messages", sum, count, count);
}

uint32_t next_random(uint32_t state) { return (state * 1103515245u + 12345u) & 0x7fffffffu; }

struct big_state { uint32_t random = 0; integer pongs = 0; };

outcome big(actor_system& system, integer messages) {
  scoped_actor self{system};
  auto me = actor_cast<actor>(self);
  auto pings = messages / 2 / big_actors;
  // Filled before the first message is sent, and read only from then on.
  auto members = std::make_shared<std::vector<actor>>();
  for (integer index = 0; index < big_actors; index++)
    members->push_back(system.spawn([=](stateful_actor<big_state>* own) -> behavior {
      own->state.random = static_cast<uint32_t>(index + 1);
      auto ping_other = [=] {
        own->state.random = next_random(own->state.random);
        integer other = (own->state.random >> 8) % (big_actors - 1);
        own->send((*members)[other < index ? other : other + 1], ping::value, index);
      };
      return {
        [=](play) { ping_other(); },
        [=](ping, integer from) { own->send((*members)[from], pong::value, index); },
        [=](pong, integer) {
          if (++own->state.pongs < pings) ping_other();
          else own->send(me, done::value, own->state.pongs);
        },
      };
    }));
  for (auto& member : *members) self->send(member, play::value);
  integer pongs = 0;
  for (integer index = 0; index < big_actors; index++) pongs += awaited(self);
  for (auto& member : *members) self->send_exit(member, exit_reason::user_shutdown);
  self->wait_for(*members);
  members->clear();
  return verified("pongs", pongs, messages / 2, messages);
}

struct mall_state { actor waiting; integer colour = 0, meetings = 0, left = creatures_count, sum = 0; };
struct creature_state { integer colour = 0, meetings = 0; };

outcome chameneos(actor_system& system, integer meetings) {
  scoped_actor self{system};
  auto me = actor_cast<actor>(self);
  auto mall = system.spawn([=](stateful_actor<mall_state>* own) -> behavior {
    own->state.meetings = meetings;
    return {
      [=](meet, integer colour) {
        auto& state = own->state;
        auto from = actor_cast<actor>(own->current_sender());
        if (state.meetings == 0) own->send(from, shut::value);
        else if (!state.waiting) {
          state.waiting = from;
          state.colour = colour;
        } else {
          state.meetings--;
          own->send(state.waiting, mate::value, colour);
          own->send(from, mate::value, state.colour);
          state.waiting = actor{};
        }
      },
      [=](met, integer count) {
        own->state.sum += count;
        if (--own->state.left > 0) return;
        own->send(me, done::value, own->state.sum);
        own->quit();
      },
    };
  });
  for (integer index = 0; index < creatures_count; index++)
    system.spawn([=](stateful_actor<creature_state>* own) -> behavior {
      own->state.colour = index % 3;
      own->send(mall, meet::value, own->state.colour);
      return {
        [=](mate, integer colour) {
          auto& state = own->state;
          state.meetings++;
          state.colour = state.colour == colour ? colour : 3 - state.colour - colour;
          own->send(mall, meet::value, state.colour);
        },
        [=](shut) {
          own->send(mall, met::value, own->state.meetings);
          own->quit();
        },
      };
    });
  return verified("meetings of all creatures", awaited(self), 2 * meetings, meetings);
}

struct fibonacci_state { integer first = -1; };

behavior fibonacci_call(stateful_actor<fibonacci_state>* own, integer n, actor to) {
  if (n <= 2) {
    own->send(to, done::value, integer{1});
    return {};
  }
  own->spawn(fibonacci_call, n - 1, actor_cast<actor>(own));
  own->spawn(fibonacci_call, n - 2, actor_cast<actor>(own));
  return {[=](done, integer value) {
    if (own->state.first < 0) {
      own->state.first = value;
      return;
    }
    own->send(to, done::value, own->state.first + value);
    own->quit();
  }};
}

outcome fibonacci(actor_system& system, integer n) {
  scoped_actor self{system};
  system.spawn(fibonacci_call, n, actor_cast<actor>(self));
  integer low = 0, high = 1;
  for (integer index = 1; index < n; index++) {
    auto sum = low + high;
    low = high;
    high = sum;
  }
  return verified("result", awaited(self), high, 2 * high - 1);
}

struct asker_state { integer left = 0, replies = 0; };

void ask_next(stateful_actor<asker_state>* own, const actor& server, const actor& to) {
  own->request(server, infinite, echo::value, integer{1}).then([=](integer value) {
    own->state.replies += value;
    if (--own->state.left > 0) ask_next(own, server, to);
    else own->send(to, done::value, own->state.replies);
  });
}

outcome ask(actor_system& system, integer count) {
  scoped_actor self{system};
  auto me = actor_cast<actor>(self);
  auto server = system.spawn(counter);
  system.spawn([=](stateful_actor<asker_state>* own) {
    own->state.left = count;
    ask_next(own, server, me);
  });
  auto replies = awaited(self);
  self->send_exit(server, exit_reason::user_shutdown);
  return verified("replies", replies, count, count);
}

// Bytes that the allocator has handed out.
double held() {
  auto info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

outcome memory(actor_system& system, integer count) {
  scoped_actor self{system};
  auto me = actor_cast<actor>(self);
  std::vector<actor> idle;
  idle.reserve(count);
  auto before = held();
  for (integer index = 0; index < count; index++) idle.push_back(system.spawn(counter));
  // The last one answers once all before it have come to rest.
  self->send(idle.back(), total::value, me);
  awaited(self);
  auto bytes = (held() - before) / static_cast<double>(count);
  integer alive = 0;
  for (auto& each : idle) {
    self->send(each, add::value, integer{1});
    self->send(each, total::value, me);
    alive += awaited(self);
  }
  for (auto& each : idle) self->send_exit(each, exit_reason::user_shutdown);
  auto result = verified("actors alive", alive, count, count);
  result.value = bytes;
  return result;
}

// Across threads.

outcome xthread(actor_system& system, const std::string& name, const std::string& variant, integer count) {
  scoped_actor self{system};
  auto me = actor_cast<actor>(self);
  auto to = system.spawn<detached>(counter);
  auto ask_once = [&] {
    integer reply = 0;
    self->request(to, infinite, echo::value, integer{1}).receive([&](integer n) { reply = n; }, [](error&) {});
    return reply;
  };
  outcome result;
  if (name == "xthread-tell" || name == "xthread-nested") {
    for (integer index = 0; index < count; index++)
      if (name == "xthread-tell") self->send(to, add::value, integer{1});
      else self->send(to, accept_::value, ballot{7, "node-3"}, index, put_operation{"put", "account/42", index});
    self->send(to, total::value, me);
    result = verified("total", awaited(self), count, count);
  } else if (name == "xthread-ask") {
    result.completed = count;
    for (integer index = 0; index < count; index++) {
      if (variant == "rested") std::this_thread::sleep_for(std::chrono::milliseconds(2));
      auto started = clock_type::now();
      verified("reply", ask_once(), 1, 1);
      result.latencies.push_back((clock_type::now() - started).count());
    }
  } else if (name == "xthread-pipelined-ask") {
    integer replies = 0, sent = 0;
    auto asker = system.spawn<detached>([&](event_based_actor* own) -> behavior {
      // Captured by reference: the main thread waits for the end of it.
      for (; sent < pipeline_depth; sent++) own->send(to, echo::value, integer{1});
      return {[&, own](integer value) {
        replies += value;
        if (sent < count) {
          sent++;
          own->send(to, echo::value, integer{1});
        } else if (replies == count) {
          own->send(me, done::value, replies);
          own->quit();
        }
      }};
    });
    result = verified("replies", awaited(self), count, count);
    self->wait_for(asker);
  }
  self->send_exit(to, exit_reason::user_shutdown);
  self->wait_for(to);
  return result;
}

outcome run(actor_system& system, const std::string& name, const std::string& variant, integer size) {
  if (name == "ping-pong") return ping_pong(system, size);
  if (name == "counting") return counting(system, size);
  if (name == "thread-ring") return thread_ring(system, size);
  if (name == "fork-join-create") return fork_join_create(system, size);
  if (name == "fork-join-throughput") return fork_join_throughput(system, size);
  if (name == "big") return big(system, size);
  if (name == "chameneos") return chameneos(system, size);
  if (name == "fibonacci") return fibonacci(system, size);
  if (name == "ask") return ask(system, size);
  if (name == "memory") return memory(system, size);
  return xthread(system, name, variant, size);
}

// What a size is a multiple of; 0: it is never changed.
integer multiple(const std::string& name) {
  if (name == "ping-pong") return 2;
  if (name == "thread-ring") return ring_actors;
  if (name == "fork-join-throughput") return fork_join_actors;
  if (name == "big") return 2 * big_actors;
  if (name == "xthread-tell" || name == "xthread-nested") return batch_size;
  if (name == "xthread-pipelined-ask") return pipeline_depth;
  return name == "fibonacci" || name == "memory" ? 0 : 1;
}

template <class Run> integer timed(Run&& go, integer size, outcome& result) {
  auto started = clock_type::now();
  result = go(size);
  return std::max<integer>(1, std::chrono::duration_cast<std::chrono::nanoseconds>(clock_type::now() - started).count());
}

void job(const std::string& text) {
  std::vector<std::string> part;
  std::istringstream stream(text);
  for (std::string each; std::getline(stream, each, ',');) part.push_back(each);
  auto name = part.at(0), variant = part.at(1);
  integer size = std::stoll(part.at(2)), budget = std::stoll(part.at(3)), rounds = std::stoll(part.at(4));
  actor_system_config config;
  config.set("scheduler.max-threads", 1u);
  actor_system system{config};
  auto go = [&](integer wanted) { return run(system, name, variant, wanted); };
  outcome result;
  auto step = multiple(name);
  if (step > 0) {
    auto fit = [&](integer wanted) { return std::max(step, std::min(size, wanted) / step * step); };
    auto current = fit(size / 100);
    // As child.ts does: until the size no longer grows.
    for (int index = 1; index <= 8; index++) {
      auto nanoseconds = timed(go, current, result);
      auto fitting = 1e6 * static_cast<double>(current) * static_cast<double>(budget) / static_cast<double>(nanoseconds);
      auto next = fit(static_cast<integer>(std::min(fitting, static_cast<double>(current * 10))));
      auto is_enough = index >= 3 && next * 2 <= current * 3;
      current = next;
      if (is_enough) break;
    }
    size = current;
  } else if (name == "fibonacci") go(size);
  for (integer round = 0; round < rounds; round++) {
    auto nanoseconds = timed(go, size, result);
    std::cout << "{\"job\":\"" << text << "\",\"completed\":" << result.completed << ",\"nanoseconds\":" << nanoseconds;
    if (result.value >= 0) std::cout << ",\"value\":" << result.value;
    if (!result.latencies.empty()) {
      std::cout << ",\"latencies\":[";
      for (size_t index = 0; index < result.latencies.size(); index++)
        std::cout << (index > 0 ? "," : "") << result.latencies[index];
      std::cout << "]";
    }
    std::cout << "}" << std::endl;
  }
}

int main(int argc, char** argv) {
  try {
    for (int index = 1; index < argc; index++) job(argv[index]);
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << std::endl;
    return 1;
  }
}
